from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler import __version__
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.device import Claim, Device, load_device
from reconciler.openclaw.gateway_errors import (
    CredentialRefused,
    GatewayTimeout,
    MissingScope,
    NotAGateway,
    NotPaired,
    ProtocolTooOld,
    RpcError,
)
from reconciler.openclaw.wire import Deadline, Wire, open_wire


READ = "operator.read"
ADMIN = "operator.admin"

# A closed list of the gateway; this pair is meant for programs on its own machine.
CLIENT_ID, CLIENT_MODE, ROLE = "gateway-client", "backend", "operator"
OLDEST_PROTOCOL, NEWEST_PROTOCOL = 3, 4


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    """Where a gateway listens (`ws://…` on this machine, else `wss://…`) and what it asks for."""

    url: str
    token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def credentials(self) -> dict[str, Json]:
        given = {"token": self.token, "password": self.password}
        return {name: value for name, value in given.items() if value}

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(text for text in (self.token, self.password) if text)


class Gateway:
    """An open connection to a gateway; leave it as a context manager.

    *scopes* are those that the gateway said it granted. Protocol 3 does not say: there they are those asked for,
    and a call that needs more than was granted raises `MissingScope`.
    """

    def __init__(self, wire: Wire, hello: JsonObject, *, asked: Collection[str], timeout: float) -> None:
        told = _told_scopes(hello)
        server = hello.get("server")
        version = server.get("version") if isinstance(server, dict) else None
        protocol = hello.get("protocol")
        self._wire = wire
        self._timeout = timeout
        self.protocol = protocol if isinstance(protocol, int) else OLDEST_PROTOCOL
        self.server_version = version[:100] if isinstance(version, str) else None
        self.scopes = frozenset(asked if told is None else told)

    def call(
        self, method: str, params: JsonObject | None = None, *, timeout: float | None = None
    ) -> JsonObject:
        """Return the payload of the answer to *method*; a payload that is no object stands under `value`.

        Raises:
            RpcError: the gateway says no.
            MissingScope: it says no because this connection lacks a scope.
            GatewayTimeout, GatewayClosed: no answer came; a write may or may not have happened.
        """
        deadline = Deadline.after(self._timeout if timeout is None else timeout)
        try:
            return self._wire.request(method, params or {}, deadline)
        except RpcError as error:
            if (scope := _missing_scope(error)) is not None:
                raise _not_granted(scope) from error
            raise

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def connect(address: GatewayAddress, scopes: Collection[str], *, device_dir: Path, timeout: float) -> Gateway:
    """Connect with exactly *scopes*; *timeout* is in seconds, for connecting and for each later call.

    A gateway that grants a local client no scopes without a device key is asked again with the key of
    *device_dir*, which is made when it is first needed, and only for a gateway on this machine.

    Raises:
        GatewayError: one of its kinds, each with the next step.
    """
    wanted = tuple(sorted(set(scopes)))
    deadline = Deadline.after(timeout)
    session = _Session(address, wanted, deadline)
    wire, hello = session.begin()
    if not set(wanted) <= set(_told_scopes(hello) or ()) and wire.loopback:
        wire.close()
        wire, hello = session.begin(load_device(device_dir))
    gateway = Gateway(wire, hello, asked=wanted, timeout=timeout)
    if missing := sorted(set(wanted) - gateway.scopes):
        gateway.close()
        raise _not_granted(missing[0])
    return gateway


def _told_scopes(hello: JsonObject) -> tuple[str, ...] | None:
    """Return the scopes that `hello-ok` names; None where it names none at all, as 2026.3.22 does."""
    auth = hello.get("auth")
    scopes = auth.get("scopes") if isinstance(auth, dict) else None
    if not isinstance(scopes, list):
        return None
    return tuple(scope for scope in scopes if isinstance(scope, str))


@dataclass(frozen=True, slots=True)
class _Session:
    """What stays the same when a connection is begun again with a device key."""

    address: GatewayAddress
    scopes: tuple[str, ...]
    deadline: Deadline

    def begin(self, device: Device | None = None) -> tuple[Wire, JsonObject]:
        """Open a wire, answer the gateway's challenge, and return the wire with its `hello-ok`."""
        wire = open_wire(self.address.url, self.deadline, secrets=self.address.secrets)
        try:
            return wire, self._greet(wire, device)
        except BaseException:
            wire.close()
            raise

    def _greet(self, wire: Wire, device: Device | None) -> JsonObject:
        nonce, signed_at = _challenge(wire, self.deadline)
        params = self._introduction(wire.platform)
        if device is not None:
            claim = Claim(
                CLIENT_ID, CLIENT_MODE, ROLE, wire.platform, self.scopes, token=self.address.token or ""
            )
            params["device"] = device.sign(claim, nonce=nonce, signed_at=signed_at)
        try:
            hello = wire.request("connect", params, self.deadline)
        except RpcError as error:
            raise _refused(error, self.address) from error
        if hello.get("type") != "hello-ok":
            raise _not_a_gateway(wire.label, "its answer to connect is no hello")
        return hello

    def _introduction(self, platform: str) -> dict[str, Json]:
        return {
            "minProtocol": OLDEST_PROTOCOL,
            "maxProtocol": NEWEST_PROTOCOL,
            "client": {"id": CLIENT_ID, "version": __version__, "platform": platform, "mode": CLIENT_MODE},
            "role": ROLE,
            "scopes": list(self.scopes),
            "caps": [],
            "auth": self.address.credentials,
        }


def _challenge(wire: Wire, deadline: Deadline) -> tuple[str, int]:
    try:
        event = wire.receive(deadline, "connect.challenge")
    except GatewayTimeout as error:
        raise _not_a_gateway(wire.label, "it sends no challenge") from error
    payload = event.get("payload")
    nonce, signed_at = (
        (payload.get("nonce"), payload.get("ts")) if isinstance(payload, dict) else (None, None)
    )
    if (
        event.get("event") != "connect.challenge"
        or not isinstance(nonce, str)
        or not isinstance(signed_at, int)
    ):
        raise _not_a_gateway(wire.label, "it does not begin with a challenge")
    return nonce, signed_at


def _not_a_gateway(label: str, why: str) -> NotAGateway:
    return NotAGateway(
        f"{label} is not an OpenClaw gateway: {why}",
        hint="compare the address with what `openclaw gateway status` prints",
    )


def _refused(error: RpcError, address: GatewayAddress) -> Exception:
    """Turn a refused connect into what its reader can do about it."""
    reason = error.detail_code or error.code
    if reason == "PROTOCOL_MISMATCH" or "protocol mismatch" in error.message:
        return _other_protocol(error)
    if reason in {"PAIRING_REQUIRED", "AUTH_SCOPE_MISMATCH"} or (
        error.code == "NOT_PAIRED" and address.credentials
    ):
        return NotPaired(
            "the gateway wants this device to be approved first",
            hint="on the gateway's machine: `openclaw devices list`, then `openclaw devices approve`",
            evidence=(error.message,),
        )
    if reason.startswith("AUTH_") or error.code == "NOT_PAIRED" or error.message.startswith("unauthorized"):
        given = (
            "does not accept the token or password" if address.credentials else "asks for a token or password"
        )
        return CredentialRefused(
            f"the gateway {given}",
            hint="take it from gateway.auth of its openclaw.json, or set OPENCLAW_GATEWAY_TOKEN",
            evidence=(error.message,),
        )
    return error


def _other_protocol(error: RpcError) -> ProtocolTooOld:
    theirs = error.details.get("expectedProtocol")
    ours = f"this program speaks {OLDEST_PROTOCOL} to {NEWEST_PROTOCOL}"
    if isinstance(theirs, int) and theirs > NEWEST_PROTOCOL:
        return ProtocolTooOld(f"the gateway speaks protocol {theirs}, {ours}", hint="update this program")
    spoken = f"protocol {theirs}" if isinstance(theirs, int) else "another protocol"
    return ProtocolTooOld(
        f"the gateway speaks {spoken}, {ours}", hint="update OpenClaw to 2026.3.22 or later"
    )


def _missing_scope(error: RpcError) -> str | None:
    """Return the scope that a call lacked; before 2026.6 only the message says so."""
    scope = error.details.get("missingScope")
    if isinstance(scope, str):
        return scope[:100]
    told, _, rest = error.message.partition("missing scope: ")
    return rest.split()[0][:100] if not told and rest.split() else None


def _not_granted(scope: str) -> MissingScope:
    return MissingScope(
        scope, hint="use the gateway's own token on its own machine, or approve this device for the scope"
    )

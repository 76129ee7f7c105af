"""A small gateway on loopback that answers as OpenClaw 2026.3.22 and 2026.9.6 were recorded to."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve


TOKEN = "canary-7f3a-token"
NONCE, SIGNED_AT = "5d3b9f4e-nonce", 1795475143138
READ_METHODS = {"cron.list", "cron.get", "cron.runs", "config.get", "models.list", "usage.status"}

JOB_CHANGED = {
    "code": "INVALID_REQUEST",
    "message": "cron job definition no longer matches the loaded version; "
    "review the latest version before retrying",
    "details": {
        "code": "CRON_JOB_CHANGED",
        "expectedConfigRevision": "sha256:J7IN9SdJlfZcm-4i03HEoVltnvcoFvmXsBLIHdosAa8",
        "actualConfigRevision": "sha256:IhKi9kgxLuN90BWdPue7TqQmKcFkk9N8C7opgPVD5yc",
    },
}
RATE_LIMITED = {
    "code": "UNAVAILABLE",
    "message": "rate limit exceeded for cron.update; retry after 54s",
    "retryable": True,
    "retryAfterMs": 53386,
    "details": {"method": "cron.update", "limit": "30 per 60s"},
}


class RefusedError(Exception):
    """The answer is `ok: false` with this error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error)
        self.error = error


class HangUpError(Exception):
    """No answer comes: the connection ends."""


@dataclass(frozen=True)
class Era:
    version: str
    protocol: int
    device_needed: bool


EARLY = Era("2026.3.22", protocol=3, device_needed=True)
MODERN = Era("2026.9.6", protocol=4, device_needed=False)


@dataclass
class FakeGateway:
    """Answers by method: with a value, with what a function makes of the parameters, or with an error."""

    url: str
    era: Era
    answers: Mapping[str, Any] = field(default_factory=dict)
    pairing_required: bool = False
    connects: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def serve(self, socket: ServerConnection) -> None:
        challenge(socket)
        scopes: set[str] = set()
        for data in socket:
            request = json.loads(data)
            try:
                if request["method"] == "connect":
                    self.connects.append(request["params"])
                    hello, scopes = self.greet(request["params"])
                    answer(socket, request, ok=True, payload=hello)
                else:
                    self.calls.append(request["method"])
                    event(socket, "cron", {"action": "updated"})
                    answer(socket, request, ok=True, payload=self.result(request, scopes))
            except RefusedError as refused:
                answer(socket, request, ok=False, error=refused.error)
            except HangUpError:
                socket.close()

    def greet(self, params: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        if not params["minProtocol"] <= self.era.protocol <= params["maxProtocol"]:
            raise RefusedError(mismatch(self.era.protocol))
        device, auth = params.get("device"), params["auth"]
        if not auth and not device:
            raise RefusedError(
                {
                    "code": "NOT_PAIRED",
                    "message": "device identity required",
                    "details": {"code": "DEVICE_IDENTITY_REQUIRED"},
                }
            )
        if TOKEN not in (auth.get("token"), auth.get("password")):
            raise RefusedError(wrong_token(auth))
        if self.pairing_required:
            raise RefusedError(
                {"code": "NOT_PAIRED", "message": "pairing required", "details": {"code": "PAIRING_REQUIRED"}}
            )
        if device and not signed(device, params):
            raise RefusedError(
                {
                    "code": "INVALID_REQUEST",
                    "message": "device signature invalid",
                    "details": {"code": "DEVICE_AUTH_SIGNATURE_INVALID"},
                }
            )
        scopes = set(params["scopes"]) if device or not self.era.device_needed else set()
        return self.hello(scopes), scopes

    def hello(self, scopes: set[str]) -> dict[str, Any]:
        hello: dict[str, Any] = {
            "type": "hello-ok",
            "protocol": self.era.protocol,
            "server": {"version": self.era.version, "connId": "c1"},
            "policy": {"maxPayload": 26214400, "maxBufferedBytes": 52428800, "tickIntervalMs": 30000},
        }
        if self.era.protocol >= MODERN.protocol:
            hello["auth"] = {"method": "token", "role": "operator", "scopes": sorted(scopes)}
        return hello

    def result(self, request: Mapping[str, Any], scopes: set[str]) -> Any:
        method = request["method"]
        needed = "operator.read" if method in READ_METHODS else "operator.admin"
        if not scopes & {needed, "operator.admin"}:
            raise RefusedError(missing(needed, self.era))
        found = self.answers.get(method, {"jobs": []})
        if callable(found):
            found = found(request["params"])
        if isinstance(found, RefusedError):
            raise found
        return found


def challenge(socket: ServerConnection) -> None:
    event(socket, "connect.challenge", {"nonce": NONCE, "ts": SIGNED_AT})


def event(socket: ServerConnection, name: str, payload: Mapping[str, Any]) -> None:
    socket.send(json.dumps({"type": "event", "event": name, "payload": payload}))


def answer(socket: ServerConnection, request: Mapping[str, Any], **body: Any) -> None:
    socket.send(json.dumps({"type": "res", "id": request["id"], **body}))


def mismatch(protocol: int) -> dict[str, Any]:
    return {
        "code": "INVALID_REQUEST",
        "message": "protocol mismatch",
        "details": {"code": "PROTOCOL_MISMATCH", "expectedProtocol": protocol},
    }


def wrong_token(auth: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded answer, and an echo of what was sent, which no gateway should do."""
    return {
        "code": "INVALID_REQUEST",
        "message": f"unauthorized: gateway token mismatch (provide gateway auth token) {auth}",
        "details": {"code": "AUTH_TOKEN_MISMATCH", "recommendedNextStep": "update_auth_credentials"},
    }


def missing(scope: str, era: Era) -> dict[str, Any]:
    if era is EARLY:
        return {"code": "INVALID_REQUEST", "message": f"missing scope: {scope}"}
    return {
        "code": "FORBIDDEN",
        "message": f"missing scope: {scope}",
        "details": {"code": "MISSING_SCOPE", "missingScope": scope, "requiredScopes": [scope]},
    }


def signed(device: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Verify the signature as OpenClaw does: over what the request itself says."""
    client = params["client"]
    raw = unpadded(device["publicKey"])
    text = "|".join(
        [
            "v3",
            hashlib.sha256(raw).hexdigest(),
            client["id"],
            client["mode"],
            params["role"],
            ",".join(params["scopes"]),
            str(SIGNED_AT),
            params["auth"].get("token", ""),
            NONCE,
            client["platform"].lower(),
            "",
        ]
    )
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(unpadded(device["signature"]), text.encode())
    except InvalidSignature:
        return False
    return True


def unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def fake_gateway(era: Era, **settings: Any) -> Iterator[FakeGateway]:
    gateway = FakeGateway("", era, **settings)
    with websocket_server(gateway.serve) as url:
        gateway.url = url
        yield gateway


@contextmanager
def websocket_server(talk: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Serve *talk* on a free port of loopback; a client that hangs up ends it."""

    def until_closed(socket: ServerConnection) -> None:
        try:
            talk(socket)
        except ConnectionClosed:
            return

    with serve(until_closed, "127.0.0.1", 0, compression=None, close_timeout=0.2) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def http_server(status: int, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve the same plain HTTP answer to everything."""

    class Plain(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"content-length": "0", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

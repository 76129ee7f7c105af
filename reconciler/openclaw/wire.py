from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urlsplit

from reconciler.errors import UsageError
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.gateway_errors import (
    GatewayClosed,
    GatewayTimeout,
    GatewayUnreachable,
    NotAGateway,
    RpcError,
)


if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

MAX_ANSWER = 32 * 1024 * 1024  # the gateway's own limit (`policy.maxPayload`) is 25 MiB
MAX_REQUEST = 1024 * 1024
_CLOSING = 1.0  # seconds to say goodbye
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock that bounds several steps together."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


@dataclass(slots=True)
class Wire:
    """Frames to and from a gateway: requests with their answers; events that nobody asked for are dropped."""

    socket: ClientConnection
    label: str
    loopback: bool
    secrets: tuple[str, ...] = field(repr=False)
    platform: str = sys.platform
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _ids: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def request(self, method: str, params: JsonObject, deadline: Deadline) -> JsonObject:
        """Send a request and wait for its own answer."""
        number = str(next(self._ids))
        text = json.dumps({"type": "req", "id": number, "method": method, "params": params})
        if len(text) > MAX_REQUEST:
            raise UsageError(
                f"a request for {method} would be larger than 1 MiB", hint="change less at a time"
            )
        with self._translated(f"its answer to {method}"):
            self.socket.send(text)
        while True:
            frame = self.receive(deadline, f"its answer to {method}")
            if frame.get("type") == "res" and frame.get("id") == number:
                return self._payload(method, frame)

    def receive(self, deadline: Deadline, awaited: str) -> JsonObject:
        """Wait for the next frame; *awaited* names in an error what did not come."""
        with self._translated(awaited):
            data = self.socket.recv(timeout=deadline.remaining())
        try:
            frame = json.loads(data)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            raise NotAGateway(
                f"{self.label} sent a frame that is no JSON object",
                hint="compare the address with what `openclaw gateway status` prints",
            )
        return frame

    def close(self) -> None:
        self._stack.close()

    def _payload(self, method: str, frame: JsonObject) -> JsonObject:
        payload = frame.get("payload")
        if frame.get("ok") is True:
            return payload if isinstance(payload, dict) else {"value": payload}
        error = frame.get("error")
        error = error if isinstance(error, dict) else {}
        raise RpcError(method, error, self._said(error.get("message")))

    def _said(self, message: Json) -> str:
        """Return the gateway's words for people: bounded, printable, without what it must not repeat."""
        text = message if isinstance(message, str) else "no reason given"
        for secret in self.secrets:
            text = text.replace(secret, "***")
        printable = "".join(char if char.isprintable() else " " for char in text)
        return printable if len(printable) <= _LONGEST_MESSAGE else f"{printable[:_LONGEST_MESSAGE]}…"

    @contextmanager
    def _translated(self, awaited: str) -> Iterator[None]:
        from websockets.exceptions import ConnectionClosed

        try:
            yield
        except TimeoutError as error:
            raise GatewayTimeout(
                f"{self.label} did not send {awaited} in time",
                hint="see `openclaw gateway status` and the gateway's log, then try again",
            ) from error
        except ConnectionClosed as error:
            closing = error.rcvd or error.sent
            reason = self._said(closing.reason) if closing and closing.reason else "no reason given"
            raise GatewayClosed(
                f"{self.label} closed the connection before {awaited}",
                hint="it may be restarting: see `openclaw gateway status`, then try again",
                evidence=(reason,),
            ) from error


def open_wire(url: str, deadline: Deadline, *, secrets: tuple[str, ...]) -> Wire:
    """Open a WebSocket to *url*: no proxy, no redirect, no compression.

    Raises:
        UsageError: the address is no `ws://` or `wss://` address, or would send a token in the clear.
        GatewayUnreachable, NotAGateway, GatewayTimeout: see their names.
    """
    place = _checked(url)
    label = f"{place.hostname}:{_port(place)}"
    with ExitStack() as opened, _opening(label):
        connection = _websocket(url, place, deadline, opened)
        return Wire(connection, label, _is_loopback(place.hostname), secrets, _stack=opened.pop_all())


def _websocket(url: str, place: SplitResult, deadline: Deadline, opened: ExitStack) -> ClientConnection:
    from websockets.sync.client import connect

    # With a socket of our own the library can follow no redirect, which would carry the token elsewhere.
    tcp = socket.create_connection((place.hostname, _port(place)), timeout=deadline.remaining())
    opened.enter_context(tcp)
    return opened.enter_context(
        connect(
            url,
            sock=tcp,
            open_timeout=deadline.remaining(),
            close_timeout=_CLOSING,
            ping_interval=None,
            compression=None,
            proxy=None,
            max_size=MAX_ANSWER,
        )
    )


@contextmanager
def _opening(label: str) -> Iterator[None]:
    from ssl import SSLError

    from websockets.exceptions import InvalidStatus, WebSocketException

    hint = "compare the address with what `openclaw gateway status` prints"
    try:
        yield
    except InvalidStatus as error:
        status = error.response.status_code
        raise NotAGateway(
            f"{label} is not an OpenClaw gateway: it answers HTTP {status} to a WebSocket", hint=hint
        ) from error
    except (WebSocketException, EOFError, ValueError) as error:
        raise NotAGateway(f"{label} is not an OpenClaw gateway: it opens no WebSocket", hint=hint) from error
    except SSLError as error:
        raise GatewayUnreachable(
            f"no trusted TLS connection to {label}: {error.reason}",
            hint="check the address; name a private authority's certificate in SSL_CERT_FILE",
        ) from error
    except TimeoutError as error:
        raise GatewayTimeout(
            f"{label} did not answer in time", hint="check the address and the network"
        ) from error
    except OSError as error:
        raise GatewayUnreachable(
            f"no gateway at {label}: {error.strerror or 'the connection broke'}",
            hint="start it with `openclaw gateway`, or name its address",
        ) from error


def _checked(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        place.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        place = urlsplit("")
    if place.scheme not in {"ws", "wss"} or not place.hostname or place.username is not None:
        raise UsageError(
            "the gateway's address is not of the form ws://host:port or wss://host:port",
            hint="for a gateway on this machine it is ws://127.0.0.1:18789",
        )
    if place.scheme == "ws" and not _is_loopback(place.hostname):
        raise UsageError(
            f"the token would cross the network in the clear to {place.hostname}",
            hint="use wss://, or an SSH tunnel and ws://127.0.0.1",
        )
    return place


def _port(place: SplitResult) -> int:
    return place.port or (443 if place.scheme == "wss" else 80)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False

"""Serves recorded answers on loopback as the real servers gave them: status, HTTP version, headers, body."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


ANSWERS = Path(__file__).with_name("answers")
_STATES = (
    "auth_", "dead_", "embed_", "engine_", "ipv6_", "loading_", "nomodel_", "pooling_", "sleeping_", "cloud_",
    "empty_", "old_", "busy_",
)  # fmt: skip
_OURS = {"transfer-encoding", "connection", "keep-alive", "date", "content-length"}
_NOWHERE = {"status": 404, "headers": {}, "body": "", "http_version": "HTTP/1.1", "reason": "Not Found"}
Routes = dict[tuple[str, str], dict[str, Any]]


def routes(folder: str, *states: str) -> Routes:
    """Return the answers of a folder; the named files of a *state* are laid over the usual ones."""
    found: Routes = {}
    files = sorted(
        (ANSWERS / folder).glob("*.json"), key=lambda file: (len(file.stem), file.stem), reverse=True
    )
    for file in files:
        if not file.name.startswith(_STATES):
            _add(found, file)
    for file in files:
        if file.stem == _named_after_its_path(file) and not file.name.startswith(_STATES):
            _add(found, file)
    for state in states:
        _add(found, ANSWERS / folder / f"{state}.json")
    return found


def _named_after_its_path(file: Path) -> str:
    path: str = json.loads(file.read_text())["request"]["path"]
    return path.strip("/").replace("/", "_")


def _add(found: Routes, file: Path) -> None:
    exchange = json.loads(file.read_text())
    if exchange.get("response"):
        found[exchange["request"]["method"], exchange["request"]["path"]] = exchange["response"]


def answer(value: object, *, status: int = 200, **headers: str) -> dict[str, Any]:
    """Make an answer of one's own; texts stay as they are, anything else becomes JSON."""
    body = value if isinstance(value, str) else json.dumps(value)
    kind = "text/html" if isinstance(value, str) else "application/json"
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return {
        "status": status,
        "reason": "OK",
        "http_version": "HTTP/1.1",
        "headers": {"Content-Type": kind, **named},
        "body": body,
    }


@dataclass
class Served:
    """A running server and what it was asked."""

    url: str
    port: int
    asked: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def replay(table: Routes, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Served]:
    """Serve the answers; a path without one gets that of a path that does not exist, or of `*`."""
    asked: list[str] = []
    kind = _Server6 if ":" in host else _Server
    server = kind((host, port), _handler(table, asked))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    number = server.server_address[1]
    try:
        yield Served(f"http://{f'[{host}]' if ':' in host else host}:{number}", number, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(table: Routes, asked: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length).decode()
            asked.append(f"{self.command} {self.path}{f' {sent}' if sent else ''}")
            found = table.get((self.command, self.path)) or table.get((self.command, "*"))
            found = found or table.get(("GET", "/this-path-does-not-exist")) or _NOWHERE
            body = found["body"].replace("/this-path-does-not-exist", self.path).encode()
            self.protocol_version = found["http_version"]
            self.send_response_only(found["status"], found["reason"])
            for name, value in found["headers"].items():
                if name.lower() not in _OURS:
                    self.send_header(name, value)
            if self.protocol_version != "HTTP/1.0":
                self.send_header("Content-Length", str(len(body)))
            self.close_connection = True
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815  names of the library's

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler

"""A loopback server that answers the recorded exchanges and refuses every other request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.cases.provider_usage.case import Exchange


class Replay(ThreadingHTTPServer):
    """Serves recorded exchanges; every real origin is a folder of it."""

    daemon_threads = True

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchanges = exchanges
        self.wrong: list[str] = []

    def origins(self, hosts: frozenset[str]) -> dict[str, str]:
        """Map each real origin to where it is served here."""
        return {f"https://{host}": f"http://127.0.0.1:{self.server_address[1]}/{host}" for host in hosts}


class _Handler(BaseHTTPRequestHandler):
    server: Replay
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode()
        parts = urlsplit(self.path)
        url = "https:/" + parts.path
        candidates = [
            each for each in self.server.exchanges if (each.method, each.url) == (self.command, url)
        ]
        candidates.sort(key=lambda each: len(each.query), reverse=True)  # a further page before the first
        reasons = ["it is not recorded"]
        for each in candidates:
            reasons = list(_differences(each, parts.query, dict(self.headers.items()), body))
            if not reasons:
                self._send(each)
                return
        self.server.wrong.append(f"{self.command} {url}: {'; '.join(reasons)}")
        self.send_response(418)
        self.send_header("content-length", "0")
        self.end_headers()

    def _send(self, exchange: Exchange) -> None:
        self.send_response(exchange.status)
        for name, value in exchange.answer_headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "content-encoding"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(exchange.sent)))
        self.end_headers()
        self.wfile.write(exchange.sent)


def _differences(exchange: Exchange, query: str, headers: dict[str, str], body: str) -> Iterator[str]:
    """Name the parts of a request that are not as recorded, without their values."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in exchange.query.items():
        if asked.get(name) != value:
            yield f"query {name}"
    sent = {name.lower(): value for name, value in headers.items()}
    for name, value in exchange.headers.items():
        if name != "user-agent" and sent.get(name) != value:
            yield f"header {name}"
    if exchange.body is not None and not _same_body(exchange.body, body):
        yield "body"


def _same_body(recorded: Any, body: str) -> bool:
    if isinstance(recorded, str):
        return sorted(parse_qsl(recorded)) == sorted(parse_qsl(body))
    try:
        return bool(recorded == json.loads(body))
    except ValueError:
        return False


@contextmanager
def replaying(exchanges: Sequence[Exchange]) -> Iterator[Replay]:
    """Serve *exchanges* until the block ends."""
    server = Replay(exchanges)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

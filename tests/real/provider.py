from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


MAX_BODY = 8 * 1024 * 1024

# What a model whose id ends like this answers, instead of an answer.
FAILURES: dict[str, tuple[int, dict[str, str], dict[str, str]]] = {
    "-429": (
        429,
        {"retry-after": "3600"},
        {
            "message": "Rate limit reached for requests.",
            "type": "rate_limit_error",
            "code": "rate_limit_exceeded",
        },
    ),
    "-402": (
        402,
        {},
        {"message": "Insufficient credits.", "type": "billing_error", "code": "insufficient_credits"},
    ),
    "-500": (500, {}, {"message": "internal error", "type": "server_error"}),
}


@dataclass(frozen=True)
class Asked:
    """One request for an answer: *provider* is the first part of the path, *at* the monotonic clock."""

    provider: str
    model: str
    path: str
    stream: bool
    at: float

    @property
    def ref(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass
class Provider:
    """What the tests see of the running provider."""

    port: int = 0
    requests: list[Asked] = field(default_factory=list)

    def base_url(self, provider: str) -> str:
        return f"http://127.0.0.1:{self.port}/{provider}/v1"

    def asked_since(self, start: int) -> list[str]:
        """Return the models asked for since *start* requests had been made."""
        return [asked.ref for asked in self.requests[start:]]


@contextmanager
def fake_provider() -> Iterator[Provider]:
    """Play every model of an OpenAI-compatible server on a free port of loopback."""
    provider = Provider()

    class Handler(_Completions):
        seen = provider.requests

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        provider.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


class _Completions(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    seen: list[Asked]

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        if size > MAX_BODY:
            self._json(413, {"error": {"message": "too large"}}, {"connection": "close"})
            return
        body = json.loads(self.rfile.read(size) or b"{}")
        model, stream = str(body.get("model", "")), body.get("stream") is True
        self.seen.append(Asked(self.path.split("/")[1], model, self.path, stream, time.monotonic()))
        for suffix, (status, headers, error) in FAILURES.items():
            if model.endswith(suffix):
                self._json(status, {"error": error}, headers)
                return
        answer = f"[{model}] Done. Three points were found and one needs attention."
        if stream:
            self._stream(model, answer)
        else:
            self._json(200, _whole(model, answer))

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, model: str, answer: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for chunk in _chunks(model, answer):
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        """Stay quiet: what was asked is in `seen`."""


USAGE = {"prompt_tokens": 120, "completion_tokens": 16, "total_tokens": 136}


def _whole(model: str, answer: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {**_head(model, "chat.completion"), "choices": [choice], "usage": USAGE}


def _chunks(model: str, answer: str) -> Iterator[dict[str, Any]]:
    head = _head(model, "chat.completion.chunk")
    delta = {"role": "assistant", "content": answer}
    yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {**head, "choices": [], "usage": USAGE}


def _head(model: str, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": model}

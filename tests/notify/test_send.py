from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reconciler.notify import command, webhook
from reconciler.notify.send import send
from reconciler.policy.document import Notify


MESSAGE = {"text": "anthropic weekly: 81% used"}


@contextmanager
def answering(status: int) -> Iterator[tuple[str, list[bytes]]]:
    """Serve a webhook that keeps what it is sent, and would send everybody elsewhere if asked to."""
    got: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/secret-path", got
        finally:
            server.shutdown()
            thread.join()


def test_a_command_gets_the_message_on_its_standard_input(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    program = f"import sys; open({str(kept)!r}, 'w').write(sys.stdin.read())"

    assert [] == list(send(Notify(command=(sys.executable, "-c", program)), MESSAGE))
    assert MESSAGE == json.loads(kept.read_text())


def test_a_webhook_gets_the_message() -> None:
    with answering(204) as (url, got):
        assert [] == list(send(Notify(webhook=url), MESSAGE))

    assert [MESSAGE] == [json.loads(body) for body in got]


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_any_other_answer_is_told_without_the_path_and_no_redirect_is_followed(status: int) -> None:
    with answering(status) as (url, got):
        assert [f"the webhook at 127.0.0.1 of notify answered {status}"] == list(
            send(Notify(webhook=url), MESSAGE)
        )

    assert 1 == len(got)


def test_a_webhook_that_is_away_or_silent_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        found = webhook.post(url, b"{}", seconds=0.2)

    assert "the webhook at 127.0.0.1 of notify did not answer within 0.2 seconds" == found
    assert "the webhook at 127.0.0.1 of notify cannot be reached (ConnectError)" == webhook.post(url, b"{}")


def test_a_command_that_fails_hangs_or_is_missing_is_told() -> None:
    hangs = ("sh", "-c", "sleep 1000 & sleep 1000")

    assert "the command false of notify ended with exit code 1" == command.run(("false",), b"{}")
    assert "the command sh of notify took longer than 0.1 seconds" == command.run(hangs, b"{}", seconds=0.1)
    assert "the command /nowhere of notify cannot be run: No such file or directory" == command.run(
        ("/nowhere",), b"{}"
    )


def test_a_command_that_does_not_read_is_no_trouble() -> None:
    assert command.run(("true",), b"x" * 1_000_000) is None

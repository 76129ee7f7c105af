from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.servers.detect import detect
from reconciler.servers.targets import Target
from reconciler.servers.verdict import NoServer
from tests.servers.replay import answer, replay, routes


@contextmanager
def listener(speak: Callable[[socket.socket, threading.Event], None] | None) -> Iterator[str]:
    """Listen and let *speak* answer each connection; without it nobody ever accepts one."""
    over = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=_talk, args=(connection,)))
                threads[-1].start()

        def _talk(connection: socket.socket) -> None:
            with connection:
                connection.recv(65536)
                try:
                    assert speak is not None
                    speak(connection, over)
                except OSError:
                    return

        if speak is not None:
            threads.append(threading.Thread(target=accept))
            threads[0].start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            if speak is not None:
                server.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()


def drip(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b" ")


def flood(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(b" " * 65536)


def noise(connection: socket.socket, _over: threading.Event) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n")


def outcome(url: str, deadline: float = 2.0) -> str:
    (probe,) = detect([Target(url)], deadline=deadline).probes
    assert isinstance(probe.result, NoServer)
    return probe.result.why


@pytest.mark.parametrize(
    ("speak", "why"),
    [
        (drip, "no answer in time"),
        (None, "no answer in time"),
        (flood, "an answer of more than"),
        (noise, "no HTTP, or broken off"),
    ],
)
def test_bad_listeners_are_bounded(
    speak: Callable[[socket.socket, threading.Event], None] | None, why: str
) -> None:
    with listener(speak) as url:
        assert outcome(url, deadline=0.5).startswith(why)


def test_sixteen_silent_and_dripping_addresses_end_with_the_deadline() -> None:
    """The bound is on all of them together: one after another they would take eight times as long."""
    with listener(drip) as dripping, listener(None) as silent:
        where = [Target(f"{base}/{number}") for number in range(8) for base in (dripping, silent)]
        begun = time.monotonic()
        found = detect(where, deadline=0.4)

    assert 16 == len(found.probes)
    assert time.monotonic() - begun < 0.4 * 16


def test_nothing_listens_at_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert "nothing listens" == outcome(f"http://127.0.0.1:{port}")


def test_redirects_are_not_followed() -> None:
    with replay(routes("vllm")) as goal:
        moved = answer("", status=307, Location=f"{goal.url}/v1/models")
        with replay({("GET", "*"): moved}) as served:
            assert "redirects are not followed" in outcome(served.url)

    assert [] == goal.asked


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with replay(routes("vllm")) as proxy, replay(routes("llama-server")) as served:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        (server,) = detect([Target(served.url)]).servers

    assert ("llama.cpp", []) == (server.kind, proxy.asked)


def test_packed_answers_are_not_unpacked() -> None:
    packed = answer({"data": []}, Content_Encoding="gzip")
    with replay({("GET", "*"): packed}) as served:
        assert outcome(served.url).startswith("a packed answer")


def test_a_declared_length_that_is_too_large_is_not_read() -> None:
    def declare(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        over.wait(5)

    with listener(declare) as url:
        assert outcome(url).startswith("an answer of more than")

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket


Talk = Callable[[socket, threading.Event], None]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 32

    def __init__(self, talk: Talk) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.talk = talk
        self.over = threading.Event()
        self.asked: list[bytes] = []

    def finish_request(self, request: socket, _address: object) -> None:
        try:
            self.asked.append(request_of(request))
            self.talk(request, self.over)
        except OSError:
            return


def request_of(connection: socket) -> bytes:
    """Read a request up to the end of its head; what the tests send has a body of no interest."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65_536)
        if not chunk:
            break
        received += chunk
        if received.startswith(b"\x16"):  # a TLS handshake: nothing more comes before an answer
            break
    return received


@contextmanager
def talking(talk: Talk) -> Iterator[_Server]:
    """Serve every connection with *talk*, on a free port, until the block ends."""
    server = _Server(talk)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def saying(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> Talk:
    """Answer once; *length* is the content-length that is claimed."""
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]
    head += ["connection: close", *headers]

    def talk(connection: socket, _over: threading.Event) -> None:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    return talk

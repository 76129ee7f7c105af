from __future__ import annotations

import json
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from reconciler.quota.fetch import Roads, Target, fetch_all
from reconciler.quota.provider import Login
from reconciler.quota.registry import providers
from reconciler.quota.world import World
from tests.bench.measure import line


ACCOUNTS = 10
SERVER_S = 1.0
BAR_S = 1.5
BODY = json.dumps({"balance_infos": [{"currency": "USD", "total_balance": "3.52"}]}).encode()


class _Slow(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        time.sleep(SERVER_S)
        self.send_response(200)
        self.send_header("content-length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)


class _Server(ThreadingHTTPServer):
    request_queue_size = 4 * ACCOUNTS  # a full queue costs the client a second of its own
    daemon_threads = True


def bench() -> None:
    """Ten accounts whose provider takes a second to answer."""
    server = _Server(("127.0.0.1", 0), _Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.joinpath("key").write_text("key")
        logins = [Login(name=f"account-{number}", path="~/key") for number in range(ACCOUNTS)]
        world = World(environ={}, home=home)
        targets = [Target(providers()["deepseek"], "deepseek", world, login) for login in logins]
        roads = Roads(origins={"https://api.deepseek.com": f"http://127.0.0.1:{server.server_address[1]}"})
        begin = time.perf_counter()
        answers = fetch_all(targets, now=datetime.now(UTC), deadline_s=15, roads=roads)
        seconds = time.perf_counter() - begin
    server.shutdown()
    server.server_close()
    met = seconds <= BAR_S and all(each.status == "ok" for each in answers)
    line("quota of ten accounts, 1 s each", f"{seconds:.2f} s", f"≤ {BAR_S} s", met=met)

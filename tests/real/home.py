from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.openclaw.gateway import ADMIN, READ, GatewayAddress, connect
from tests.real.install import MODERN, NODE, Release, cache_dir
from tests.real.jobs import account_store, jobs
from tests.real.provider import Provider


START_SECONDS, RUN_SECONDS, STOP_SECONDS = 240, 240, 5  # a 2-core machine that does other things, too
PAUSE = 0.2
TEMPLATES = Path(__file__).parent / "homes"
MODELS = {
    "acme": ["fast-mini", "smart-large", "code-pro", "quota-429"],
    "zenith": ["writer-xl", "billing-402", "forbidden-xl"],
    "homelab": ["local-small", "down-500"],
}
FORBIDDEN = "zenith/forbidden-xl"  # configured and reachable, but not in the allow list
# What the scheduler and not a person writes into a job.
LIVE_KEYS = frozenset({"state", "updatedAtMs", "nextRunAtMs", "status"})


@dataclass(frozen=True)
class Snapshot:
    """A home at one time: the bytes of `openclaw.json`, and each job's definition with its `configRevision`."""

    config: bytes
    jobs: Mapping[str, Mapping[str, Any]]


class OpenClaw:
    """One running OpenClaw in a home of its own."""

    def __init__(self, release: Release, home: Path, provider: Provider) -> None:
        self.release = release
        self.provider = provider
        self.home = home
        self.node = NODE
        self.port = free_port()
        self.token = f"canary-{secrets.token_hex(16)}"
        self.log = home / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def version(self) -> str:
        return self.release.version

    @property
    def modern(self) -> bool:
        return self.version == MODERN

    @property
    def state_dir(self) -> Path:
        return self.home / "state"

    @property
    def config_path(self) -> Path:
        return self.state_dir / "openclaw.json"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The whole environment of the gateway and the CLI: nothing of the user's own."""
        return {
            "PATH": f"{NODE.parent}{os.pathsep}{os.defpath}",
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "NODE_COMPILE_CACHE": str(cache_dir() / "node"),
            "OPENCLAW_STATE_DIR": str(self.state_dir),
            "OPENCLAW_CONFIG_PATH": str(self.config_path),
            "OPENCLAW_GATEWAY_TOKEN": self.token,
        }

    def build(self) -> None:
        """Write the home, start the gateway and create the jobs."""
        self.state_dir.mkdir(parents=True, mode=0o700)
        template = Template((TEMPLATES / f"{'modern' if self.modern else 'legacy'}.json5").read_text())
        text = template.substitute(
            port=self.port, providers=json.dumps(providers(self.provider)), allowed=json.dumps(allowed())
        )
        self.config_path.write_text(text)
        self.config_path.chmod(0o600)
        if self.modern:
            store = self.state_dir / "cron" / "jobs.json"
            store.parent.mkdir()
            store.write_text(json.dumps(account_store()))
        self.start()
        for job in jobs(modern=self.modern):
            self.rpc("cron.add", job)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.release.command, "gateway"],
                env=self.env,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_until(self._answers, seconds=START_SECONDS, what="the gateway to answer")

    def stop(self) -> None:
        """End the gateway's whole process group, in peace if it can."""
        if self._process is None:
            return
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(timeout=seconds)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._end_group(self._process.pid)
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def cli(self, *args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `openclaw ARGS` in this home."""
        return subprocess.run(
            [*self.release.command, *args],
            env=self.env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def cli_json(self, *args: str, timeout: float = 60) -> Any:
        """Run `openclaw ARGS --json` and return what it prints; it must succeed."""
        done = self.cli(*args, "--json", timeout=timeout)
        assert done.returncode == 0, f"openclaw {' '.join(args)}: {done.stdout[-500:]}{done.stderr[-1000:]}"
        return json.loads(done.stdout)

    def rpc(self, method: str, params: Mapping[str, Any] | None = None, *, timeout: float = 30) -> Any:
        """Call the gateway with every right."""
        address = GatewayAddress(self.gateway_url, token=self.token)
        with connect(address, (READ, ADMIN), device_dir=self.home / "device", timeout=timeout) as gateway:
            return gateway.call(method, params)

    def run_job(self, job_id: str) -> dict[str, Any]:
        """Run a job now, wait until that run has finished, and return its entry of `cron.runs`."""
        before = self.runs(job_id)
        self.rpc("cron.run", {"id": job_id, "mode": "force"}, timeout=RUN_SECONDS)
        self.wait_until(
            lambda: len(self.runs(job_id)) > len(before),
            seconds=RUN_SECONDS,
            what=f"the run of {job_id} to finish",
        )
        return max(self.runs(job_id), key=lambda entry: entry["ts"])

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return every job of the host by its id, OpenClaw's own too."""
        listed = self.rpc("cron.list", {"includeDisabled": True, "limit": 200})["jobs"]
        return {job["id"]: job for job in listed}

    def jobs_defined(self) -> dict[str, dict[str, Any]]:
        return {job_id: defined(job) for job_id, job in self.jobs().items()}

    def job_named(self, name: str) -> dict[str, Any]:
        return next(job for job in self.jobs().values() if job["name"] == name)

    def snapshot(self) -> Snapshot:
        return Snapshot(self.config_path.read_bytes(), self.jobs_defined())

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""

    def wait_until(self, true: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Ask again and again until *true*; a gateway that ended, or that takes too long, fails with its log."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited {seconds} s for {what}\n{self.log_tail()}"
            assert self._process is not None
            try:
                status = self._process.wait(timeout=PAUSE)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"the gateway ended with {status}\n{self.log_tail()}")

    def _answers(self) -> bool:
        try:
            self.rpc("cron.list", timeout=5)
        except ReconcilerError:
            return False
        return True

    def runs(self, job_id: str) -> list[dict[str, Any]]:
        entries = self.rpc("cron.runs", {"scope": "job", "id": job_id, "limit": 200})["entries"]
        return [entry for entry in entries if entry["action"] == "finished"]

    @staticmethod
    def _end_group(group: int) -> None:
        """End what outlived its leader; the spawn broker, in a group of its own, ends with its parent."""
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return


def defined(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a job without what the scheduler remembers of it."""
    return {key: value for key, value in job.items() if key not in LIVE_KEYS and not key.startswith("last")}


def allowed() -> list[str]:
    return [
        ref for ref in (f"{owner}/{id_}" for owner, ids in MODELS.items() for id_ in ids) if ref != FORBIDDEN
    ]


def providers(provider: Provider) -> dict[str, Any]:
    return {
        name: {
            "baseUrl": provider.base_url(name),
            "apiKey": f"canary-key-of-{name}",
            "api": "openai-completions",
            "models": [_model(model) for model in models],
        }
        for name, models in MODELS.items()
    }


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "reasoning": False,
        "input": ["text"],
        "cost": {"input": 3, "output": 15, "cacheRead": 0.3, "cacheWrite": 3.75},
        "contextWindow": 128000,
        "maxTokens": 8192,
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])

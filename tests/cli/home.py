"""An OpenClaw home without a gateway, a policy beside it, and our command line run on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import main


FIXTURES = Path(__file__).with_name("fixtures")
CHECKOUT = Path(__file__).parents[2]
CLOSED_PORT = "9"  # discard: nothing listens there
TOKEN = "canary-gateway-token"
INBOX, PRICES, REVIEW = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")

Tree = dict[str, bytes | str]


@dataclass(frozen=True)
class Done:
    """One finished command line."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Household:
    """Four slots of it are to change: two agents of `openclaw.json` and two jobs of `jobs.json`."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def openclaw(self) -> Path:
        return self.root / "openclaw"

    @property
    def config(self) -> Path:
        return self.openclaw / "openclaw.json"

    @property
    def jobs(self) -> Path:
        return self.openclaw / "cron" / "jobs.json"

    @property
    def policy(self) -> Path:
        return self.root / "policies" / "home.yaml"

    @property
    def state(self) -> Path:
        return self.root / "state"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of this home, and no other of OpenClaw's."""
        return {
            "HOME": str(self.root / "home"),
            "OPENCLAW_STATE_DIR": str(self.openclaw),
            "OPENCLAW_GATEWAY_PORT": CLOSED_PORT,
            "OPENCLAW_GATEWAY_TOKEN": TOKEN,
            "TACTICIAN_STATE_DIR": str(self.state),
            "PATH": f"{self.root / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
            **more,
        }

    def run(self, *args: str | Path) -> Done:
        """Run a command line in this process."""
        self.capsys.readouterr()
        code = main([str(arg) for arg in args])
        printed = self.capsys.readouterr()
        return Done(int(code), printed.out, printed.err)

    def command(self, *args: str | Path) -> list[str]:
        return [sys.executable, "-m", "reconciler", *map(str, args)]

    def spawn(self, *args: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command line in a process of its own that nobody can answer."""
        return subprocess.run(
            self.command(*args),
            cwd=self.root,
            env=self.environment(PYTHONPATH=str(CHECKOUT)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **more,
        )

    def plan(self, *args: str | Path, code: int = 0) -> Path:
        """Save a plan and return its path."""
        path = self.root / "plan.json"
        done = self.run("plan", "--out", path, *args)
        assert code == done.code, done.err
        return path

    def apply(self, *args: str | Path) -> Done:
        """Plan and apply."""
        done = self.run("apply", self.plan(), "--yes", *args)
        assert done.code == 0, done.err
        return done

    def replace(self, path: Path, old: str, new: str) -> None:
        """Edit a file as its owner would; *old* has to stand there once."""
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def job(self, job_id: str) -> dict[str, Any]:
        jobs = json.loads(self.jobs.read_text())["jobs"]
        found: dict[str, Any] = next(job for job in jobs if job["id"] == job_id)
        return found

    def edit_job(self, job_id: str, **payload: Any) -> None:
        """Change keys of a job's payload as its owner would."""
        document = json.loads(self.jobs.read_text())
        next(job for job in document["jobs"] if job["id"] == job_id)["payload"].update(payload)
        self.jobs.write_text(json.dumps(document, indent=2))

    def tree(self, *, without: str = "state") -> Tree:
        """Return every path below the root with its content; what *without* names is ours to write."""
        found: Tree = {}
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            if name.split("/", maxsplit=1)[0] == without:
                continue
            if path.is_symlink():
                found[name] = f"link to {path.readlink()}"
            else:
                found[name] = path.read_bytes() if path.is_file() else "directory or special"
        return found


def set_up(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Household:
    home = Household(root, capsys)
    shutil.copytree(FIXTURES / "openclaw", home.openclaw)
    home.policy.parent.mkdir()
    shutil.copy(FIXTURES / "policy.yaml", home.policy)
    (root / "home").mkdir()
    (root / "bin").mkdir()
    for name in os.environ:
        if name.startswith("OPENCLAW"):
            monkeypatch.delenv(name)
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(root)
    return home

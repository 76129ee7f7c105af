from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.home import OpenClaw
from tests.real.install import CHECKOUT


POLICY = Path(__file__).with_name("policy.yaml")


@dataclass(frozen=True)
class Tactician:
    """Runs our own command line as a user of this home would, with `openclaw` on the PATH."""

    host: OpenClaw
    directory: Path

    @property
    def plan_file(self) -> Path:
        return self.directory / "plan.json"

    @property
    def policy(self) -> Path:
        return self.directory / "policies" / "home.yaml"

    @classmethod
    def set_up(cls, host: OpenClaw, directory: Path) -> Tactician:
        tool = cls(host, directory)
        tool.policy.parent.mkdir(parents=True)
        tool.policy.write_text(POLICY.read_text())
        command = directory / "bin" / "openclaw"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {" ".join(host.release.command)} "$@"\n')
        command.chmod(0o755)
        return tool

    def run(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        env = self.host.env
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *map(str, args)],
            env={
                **env,
                "PATH": f"{self.directory / 'bin'}{os.pathsep}{env['PATH']}",
                "PYTHONPATH": str(CHECKOUT),
                "TACTICIAN_STATE_DIR": str(self.directory / "state"),
            },
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def plan(self, *args: str) -> dict[str, Any]:
        """Plan, keep the plan for `apply`, and return it."""
        done = self.run("plan", "--out", self.plan_file, "--json", *args)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def apply(self) -> None:
        done = self.run("apply", self.plan_file, "--yes")
        assert done.returncode == 0, done.stdout + done.stderr

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.bounded import read_bounded
from reconciler.secret import Secret


_LARGEST = 1_048_576  # bytes of a credential file
_COMMAND_SECONDS = 5.0

Run = Callable[[Sequence[str], Mapping[str, str]], str | None]


def run_command(command: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Run a program without a shell and return what it printed; None where it is absent, slow or fails."""
    try:
        done = subprocess.run(
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class World:
    """Where credentials are looked for: variables, the home directory, OpenClaw's provider keys, programs.

    *openclaw_keys* maps OpenClaw's provider ids to the keys of its configuration.
    """

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    openclaw_keys: Mapping[str, Secret] = field(default_factory=dict)
    run: Run = run_command

    def variable(self, *names: str) -> tuple[str, str] | None:
        """Return name and value of the first variable that is set and not empty."""
        for name in names:
            value = self.environ.get(name, "").strip()
            if value:
                return name, value
        return None

    def folder(self, variable: str, otherwise: str) -> Path:
        """Return the directory that *variable* names, else *otherwise* below the home directory."""
        named = self.environ.get(variable, "").strip()
        return self.expand(named) if named else self.home / otherwise

    def expand(self, path: str) -> Path:
        """Read `~` as this world's home directory; a relative path is below it too."""
        return self.home / path.removeprefix("~").lstrip("/") if path.startswith("~") else self.home / path

    def short(self, path: Path) -> str:
        """Write a path for people, with `~` for the home directory."""
        return f"~/{path.relative_to(self.home)}" if path.is_relative_to(self.home) else str(path)

    def text(self, path: Path) -> str | None:
        """Return the text of a file; None where there is none that can be read."""
        try:
            return read_bounded(path, _LARGEST)
        except ReconcilerError:
            return None

    def json(self, path: Path) -> JsonObject | None:
        """Return the JSON object of a file; None where there is no file, an empty one where it is something else."""
        text = self.text(path)
        if text is None:
            return None
        try:
            found: Json = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

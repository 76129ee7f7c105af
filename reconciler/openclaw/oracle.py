from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import Refused
from reconciler.text import printable


_TIMEOUT = 60.0  # seconds; a cold first call took 11 on two cores


def check_candidate(candidate: Path, environ: Mapping[str, str], *, timeout: float = _TIMEOUT) -> None:
    """Let OpenClaw itself judge a configuration before it goes live, where its command is at hand.

    `openclaw config validate` reads no network and writes nothing. A command that is missing,
    slow or too old to know `validate` judges nothing.

    Raises:
        Refused: OpenClaw finds the candidate invalid.
    """
    program = shutil.which("openclaw", path=environ.get("PATH"))
    if program is None:
        return
    try:
        done = subprocess.run(
            [program, "config", "validate", "--json"],
            env={**environ, "OPENCLAW_CONFIG_PATH": str(candidate)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        verdict = json.loads(done.stdout)
    except (OSError, ValueError, RecursionError, subprocess.TimeoutExpired):
        return
    if isinstance(verdict, dict) and verdict.get("valid") is False:
        issues = verdict.get("issues")
        raise Refused(
            "OpenClaw finds the new configuration invalid, so it was not written",
            evidence=[_issue(issue) for issue in (issues if isinstance(issues, list) else ())[:5]],
            hint="see whether the present file is valid: openclaw config validate",
        )


def _issue(issue: object) -> str:
    fields = issue if isinstance(issue, dict) else {}
    return printable(f"{fields.get('path')}: {fields.get('message')}")

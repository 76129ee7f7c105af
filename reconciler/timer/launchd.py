"""An agent of launchd, which macOS runs for the user who is logged in."""

from __future__ import annotations

import plistlib
from pathlib import Path

from reconciler.timer.task import MARK, Service, Task


LABEL = "io.github.openclaw-tactician"


def service(task: Task, home: Path, user: int) -> Service:
    directory = home / "Library" / "LaunchAgents"
    file, domain = f"{LABEL}.plist", f"gui/{user}"
    return Service(
        directory=directory,
        files={file: agent(task)},
        start=(("launchctl", "bootstrap", domain, str(directory / file)),),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        ask=("launchctl", "print", f"{domain}/{LABEL}"),
    )


def agent(task: Task) -> bytes:
    """Return the property list; what runs print goes to the unified log."""
    document = {
        "Label": LABEL,
        "ProgramArguments": list(task.command),
        "WorkingDirectory": str(task.directory),
        "EnvironmentVariables": dict(task.environment),
        "StartInterval": task.minutes * 60,
        "RunAtLoad": True,
        "ProcessType": "Background",
        "Umask": 0o077,
    }
    head, line, rest = plistlib.dumps(document).partition(b"\n")
    return head + line + f"<!-- {MARK}; `tactician timer remove` removes it. -->\n".encode() + rest

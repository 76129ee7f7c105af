"""A timer of the user's systemd."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.timer.task import MARK, NAME, Service, Task


def service(task: Task, environ: Mapping[str, str], home: Path) -> Service:
    named = environ.get("XDG_CONFIG_HOME", "")
    config = Path(named) if named.startswith("/") else home / ".config"
    return Service(
        directory=config / "systemd" / "user",
        files={f"{NAME}.service": unit(task).encode(), f"{NAME}.timer": timer(task).encode()},
        start=(
            ("systemctl", "--user", "daemon-reload"),
            ("systemctl", "--user", "enable", f"{NAME}.timer"),
            ("systemctl", "--user", "restart", f"{NAME}.timer"),
        ),
        stop=(("systemctl", "--user", "disable", "--now", f"{NAME}.timer"),),
        ask=("systemctl", "--user", "is-active", "--quiet", f"{NAME}.timer"),
    )


def unit(task: Task) -> str:
    """Return the service that does one run; secrets may stand in a file of the user's that it reads if it is there."""
    variables = "".join(
        f"Environment={_quoted(f'{name}={value}')}\n" for name, value in sorted(task.environment.items())
    )
    return f"""# {MARK}; `tactician timer remove` removes it.
[Unit]
Description=Tactician reconciles the models of OpenClaw

[Service]
Type=oneshot
WorkingDirectory={_specifiers(str(task.directory))}
{variables}EnvironmentFile=-%E/tactician/environment
ExecStart={_command(*task.command)}
TimeoutStartSec=1h
UMask=0077
Nice=10
"""


def timer(task: Task) -> str:
    """Return the timer; it counts from the last run, and begins a minute after it is started."""
    return f"""# {MARK}; `tactician timer remove` removes it.
[Unit]
Description=Tactician reconciles every {task.minutes} minutes

[Timer]
OnActiveSec=1min
OnUnitActiveSec={task.minutes}min
AccuracySec=30s

[Install]
WantedBy=timers.target
"""


def _command(program: str, *arguments: str) -> str:
    """Quote a command line; in the arguments alone a `$` would be the beginning of a variable."""
    return " ".join((_quoted(program), *(_quoted(word).replace("$", "$$") for word in arguments)))


def _quoted(word: str) -> str:
    r"""Quote a word as systemd.syntax(7) says: in double quotes, with `\\`, `\"` and hexadecimal escapes, `%` doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _specifiers("".join(c if c.isprintable() else _hexadecimal(c) for c in escaped)) + '"'


def _hexadecimal(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode(errors="surrogateescape"))


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")

"""What a timer is to run, and with which of the present variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from reconciler.policy.secret import looks_secret


NAME: Final = "tactician"
MARK: Final = "Written by `tactician timer install`"
_KEPT: Final = (
    *("OPENCLAW_HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "OPENCLAW_PROFILE"),
    *("OPENCLAW_INCLUDE_ROOTS", "OPENCLAW_GATEWAY_URL", "OPENCLAW_GATEWAY_PORT"),
    *("TACTICIAN_STATE_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"),
    *("CLAUDE_CONFIG_DIR", "CODEX_HOME", "GH_CONFIG_DIR", "OLLAMA_HOST", "TZ", "PATH"),
)
"""Where things are; whatever else a shell has set stays there."""
_KEYS: Final = ("_API_KEY", "_ADMIN_KEY", "_AUTH_TOKEN", "_OAUTH_TOKEN", "_MANAGEMENT_KEY")
_GATEWAY: Final = ("OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD")


@dataclass(frozen=True, slots=True)
class Task:
    """One command that is run every so often; all paths are absolute."""

    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str]
    every: timedelta

    @property
    def minutes(self) -> int:
        return self.every // timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Service:
    """The files of a timer, and the commands that start it, stop it and tell whether it runs."""

    directory: Path
    files: Mapping[str, bytes]
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    ask: tuple[str, ...]


def kept(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a timer needs to find the same places; one that holds a secret is left out."""
    return {name: environ[name] for name in _KEPT if environ.get(name) and not looks_secret(environ[name])}


def missing(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables with secrets, which a timer does not get."""
    secret = (
        name for name in environ if name in _GATEWAY or name.endswith(_KEYS) or _is_secret(name, environ)
    )
    return tuple(sorted(name for name in secret if environ[name]))


def _is_secret(name: str, environ: Mapping[str, str]) -> bool:
    return name in _KEPT and looks_secret(environ[name])

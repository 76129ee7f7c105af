from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import UsageError


CONFIG_NAMES = ("openclaw.json", "clawdbot.json")  # the second is the name of the project's first months
STATE_NAMES = (".openclaw", ".clawdbot")
DEV_PROFILE = "dev"

_PROFILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Home:
    """Where one OpenClaw keeps its configuration and its state; *profile* is None for the default one."""

    config_path: Path
    state_dir: Path
    profile: str | None = None
    user_home: Path = Path("/")

    @property
    def is_default_state(self) -> bool:
        return self.state_dir == self.user_home / STATE_NAMES[0]


def find_home(
    environ: Mapping[str, str], user_home: Path, *, profile: str | None = None, dev: bool = False
) -> Home:
    """Find the OpenClaw that a bare `openclaw` would use with the same variables and flags.

    Raises:
        UsageError: the profile's name is none that OpenClaw takes.
    """
    home = _effective_home(environ, user_home)
    named = _profile(environ, DEV_PROFILE if dev else profile)
    state = _variable(environ, "OPENCLAW_STATE_DIR")
    state_dir = expand(state, home) if state else _state_dir(home, named)
    config = _variable(environ, "OPENCLAW_CONFIG_PATH")
    config_path = expand(config, home) if config else _existing(state_dir, CONFIG_NAMES)
    return Home(config_path, state_dir, named, home)


def expand(text: str, home: Path) -> Path:
    """Make *text* an absolute path, a leading `~` meaning *home*."""
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return Path(text).absolute()


def _effective_home(environ: Mapping[str, str], user_home: Path) -> Path:
    named = _variable(environ, "OPENCLAW_HOME")
    unset = named in {
        None,
        "undefined",
        "null",
    }  # what a shell script writes for nothing; OpenClaw skips it too
    return user_home if unset or named is None else expand(named, user_home)


def _profile(environ: Mapping[str, str], flag: str | None) -> str | None:
    name = (flag or _variable(environ, "OPENCLAW_PROFILE") or "default").strip()
    if not _PROFILE.fullmatch(name):
        raise UsageError(
            f"{name!r} is not the name of an OpenClaw profile",
            hint="use letters, digits, hyphens and underscores, at most 64",
        )
    return None if name.lower() == "default" else name


def _state_dir(home: Path, profile: str | None) -> Path:
    return _existing(home, STATE_NAMES) if profile is None else home / f"{STATE_NAMES[0]}-{profile}"


def _existing(directory: Path, names: tuple[str, ...]) -> Path:
    """Choose the first that exists, or the first of all."""
    candidates = [directory / name for name in names]
    return next((path for path in candidates if _there(path)), candidates[0])


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # reading it will tell why


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None

"""A home with or without a gateway, as the live host finds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reconciler.openclaw.home import Home
from reconciler.openclaw.live import LiveHost
from tests.openclaw.fake_gateway import TOKEN


def no_pause(_seconds: float) -> None:
    """Go on at once."""


def live_host(
    directory: Path,
    url: str = "ws://127.0.0.1:9",
    *,
    token: str = TOKEN,
    path: str = "",
    pause: Callable[[float], None] = no_pause,
    tell: Callable[[str], None] = lambda _line: None,
) -> LiveHost:
    config = directory / "openclaw.json"
    if not config.exists():
        config.write_text("{ meta: { lastTouchedVersion: '2026.3.22' }, agents: {} }\n")
    port = url.rpartition(":")[2]
    environ = {"OPENCLAW_GATEWAY_PORT": port, "OPENCLAW_GATEWAY_TOKEN": token, "PATH": path}
    return LiveHost(Home(config, directory), environ, device_dir=directory / "device", pause=pause, tell=tell)


def with_jobs_json(directory: Path, *jobs: dict[str, Any]) -> None:
    (directory / "cron").mkdir()
    (directory / "cron" / "jobs.json").write_text(json.dumps({"jobs": list(jobs)}))


def once(error: Exception) -> Callable[[Mapping[str, Any]], None]:
    """Raise *error* the first time."""
    left = [error]

    def trouble(_params: Mapping[str, Any]) -> None:
        if left:
            raise left.pop()

    return trouble

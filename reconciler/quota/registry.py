from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from reconciler.quota.provider import Provider


# A new provider is one module below `providers` with a PROVIDER in it, and its name here.
MODULES: Final = (
    "claude",
    "claude_admin",
    "codex",
    "copilot",
    "deepseek",
    "gemini",
    "kimi",
    "minimax",
    "openai_admin",
    "openrouter",
    "synthetic",
    "xai",
    "zai",
)


@cache
def providers() -> dict[str, Provider]:
    """Return every provider by its name."""
    found = (importlib.import_module(f"reconciler.quota.providers.{name}").PROVIDER for name in MODULES)
    return {provider.name: provider for provider in found}


def serving(openclaw_id: str) -> tuple[Provider, ...]:
    """Return the providers that tell the quota of one of OpenClaw's provider ids; none where nobody can."""
    return tuple(each for each in providers().values() if openclaw_id in each.aliases)

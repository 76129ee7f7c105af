from __future__ import annotations

import re
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.policy.secret import looks_secret
from reconciler.text import printable


_LONGEST = 80
_OUTSIDE = re.compile(r"[^a-z0-9]+")
_NAMED: Final = {18_000: "session", 604_800: "weekly", 2_592_000: "monthly", 2_628_000: "monthly"}


def obj(value: Json) -> JsonObject:
    """Return *value* if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Json) -> list[Json]:
    """Return *value* if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def raw(value: Json) -> str | None:
    """Return a text that is not empty."""
    return value.strip() or None if isinstance(value, str) else None


def shown(value: Json) -> str | None:
    """Return a provider's text as it may be shown: printable, short, and nothing that looks like a key."""
    found = raw(value)
    return None if found is None or looks_secret(found) else printable(found, at_most=_LONGEST)


def slug(text: str) -> str:
    """Write a name in small letters and digits, everything else as single hyphens."""
    return _OUTSIDE.sub("-", text.lower()).strip("-")[:_LONGEST]


def duration_name(seconds: int | None) -> str:
    """Name a window by its length; the length is the only reliable name that providers give."""
    if seconds is None:
        return "window_unknown"
    return _NAMED.get(seconds, f"window_{seconds}s")

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from reconciler.jsontypes import Json


def tokens(pointer: str) -> tuple[str, ...]:
    """Split an RFC 6901 pointer; the empty pointer, the whole document, has no tokens."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        msg = f"a JSON pointer starts with '/': {pointer!r}"
        raise ValueError(msg)
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def join(parts: Iterable[str]) -> str:
    """Make the pointer that :func:`tokens` splits into *parts*."""
    return "".join(f"/{escape(part)}" for part in parts)


def escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def get(value: Json, pointer: str) -> Json:
    """Return what stands at *pointer*; raise KeyError where nothing does."""
    for token in tokens(pointer):
        value = child(value, token)
    return value


def child(value: Json, token: str) -> Json:
    """Return one member or item; raise KeyError where there is none."""
    if isinstance(value, Mapping):
        return value[token]
    if is_array(value) and (at := index(token)) < len(value):
        return value[at]
    raise KeyError(token)


def index(token: str) -> int:
    """Read an array index as RFC 6901 writes it: ASCII digits, no leading zero; else raise KeyError."""
    if not (token.isascii() and token.isdigit()) or (token.startswith("0") and len(token) > 1):
        raise KeyError(token)
    return int(token)


def is_array(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)

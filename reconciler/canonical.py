from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from reconciler.jsontypes import Json


def canonical(value: Json, *, checked: bool = False) -> str:
    """Return the one text of a JSON value: sorted keys, no blanks, UTF-8, no floats.

    Floats are refused because two machines may print the same one differently; documents that are
    digested hold decimals as strings. Half of a surrogate pair, which JSON can hold and UTF-8 cannot,
    is written as its escape.

    Raises:
        TypeError: *value* holds a float or something that is not JSON.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if not checked:
        _refuse_floats_in(text)
    return _encodable(text)


def digest(value: Json, *, checked: bool = False) -> str:
    """Return `sha256:` and the hex digest of the canonical text of *value*; *checked* says that it holds no float."""
    return text_digest(canonical(value, checked=checked))


def text_digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def pretty(value: Json, *, in_order: bool = False) -> str:
    """Return the text of a JSON document as we write it to files: indented, one final newline, keys sorted.

    *in_order* keeps the keys as they stand, for what a host reads in the order of its file.
    """
    return _encodable(json.dumps(value, sort_keys=not in_order, indent=2, ensure_ascii=False)) + "\n"


def refuse_floats(value: Json) -> None:
    """Raise a TypeError where *value* is or holds a float."""
    if isinstance(value, float):
        _refuse(repr(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_floats(item)


def _refuse_floats_in(text: str) -> None:
    """Parse a large *text* for its floats alone, which the parser hands out one by one, at its own speed."""
    json.loads(text, parse_float=_refuse, parse_constant=_refuse)


def _refuse(number: str) -> None:
    msg = f"a float in a digested document: {number}"
    raise TypeError(msg)


def _encodable(text: str) -> str:
    """Escape lone surrogates; Python writes them as JSON does."""
    return text.encode(errors="backslashreplace").decode()

"""Lines that are chained by digest: each holds the digest of the one before, and its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.canonical import canonical, digest
from reconciler.jsontypes import JsonObject


MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Break:
    """The first line that does not fit, counted from 1, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a log turned out to be.

    *lines* counts the good ones before a break, *last* is the digest of the last of them, *mended* holds the numbers
    of lines that a crash cut short and a later line vouches for; *cut_short* is such a line that none vouches for yet.
    """

    lines: int
    last: str | None
    mended: tuple[int, ...] = ()
    cut_short: int | None = None
    broken: Break | None = None


def linked(event: JsonObject, previous: str | None) -> tuple[bytes, str]:
    """Return the line of *event* behind the one whose digest is *previous*, with its line end, and its own digest.

    Raises:
        TypeError: *event* holds a float.
    """
    own = {**event, "previous": previous}
    mark = digest(own)
    return f"{canonical({**own, 'digest': mark})}\n".encode(), mark


def continued(event: JsonObject, log: bytes, mend: JsonObject) -> bytes:
    """Return what to write behind *log* so that *event* is its last line.

    A line that a crash cut short stays as it is, and *mend* behind it says so with the digest of what it vouches for.
    """
    previous, torn = _end(log)
    start = b"" if not log or log.endswith(b"\n") else b"\n"
    if torn:
        line, previous = linked({**mend, "action": MENDED, "torn": _passage(torn)}, previous)
        start += line
    return start + linked(event, previous)[0]


def check(log: bytes) -> Checked:
    """Follow the chain from the first line to the last, or to the first that does not fit."""
    last: str | None = None
    torn: list[bytes] = []
    good = 0
    mended: tuple[int, ...] = ()
    for number, line in enumerate(_lines(log), start=1):
        entry = _entry(line)
        if entry is None:
            torn.append(line)
            continue
        if why := _misfit(entry, line, last, torn):
            first = number - len(torn) if torn else number
            return Checked(good, last, mended, broken=Break(first, why))
        mended += tuple(range(number - len(torn), number))
        torn = []
        good, last = good + 1, str(entry["digest"])
    return Checked(good, last, mended, cut_short=good + len(mended) + 1 if torn else None)


def entries(log: bytes) -> Iterator[tuple[int, JsonObject]]:
    """Yield every line that can be read with its number, first to last, whether or not it fits."""
    for number, line in enumerate(_lines(log), start=1):
        if (entry := _entry(line)) is not None:
            yield number, entry


def _misfit(entry: JsonObject, line: bytes, last: str | None, torn: Sequence[bytes]) -> str | None:
    if not _whole(entry, line):
        return "it was edited: its digest is not that of its text"
    vouched = entry.get("torn") if entry.get("action") == MENDED else None
    if torn and vouched != _passage(torn):
        return "it is not a line of the log, and no later line says that a crash cut it short"
    if entry.get("previous") != last or (vouched and not torn):
        return "it does not follow the line before it: one was removed, inserted or moved here"
    return None


def _end(log: bytes) -> tuple[str | None, list[bytes]]:
    """Return the digest that the last line states, and the lines behind it that a crash cut short.

    It is taken by its word: if it was edited, the check says so, and fits again once what stood there is put back.
    """
    torn: list[bytes] = []
    for line in reversed(_lines(log)):
        entry = _entry(line)
        if entry is None:
            torn.insert(0, line)
        else:
            stated = entry.get("digest")
            return stated if isinstance(stated, str) else None, torn
    return None, torn


def _lines(log: bytes) -> list[bytes]:
    return log.removesuffix(b"\n").split(b"\n") if log else []


def _entry(line: bytes) -> JsonObject | None:
    """Return the object that a line holds; a line cut short is no JSON, because its last brace is missing."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(entry: JsonObject, line: bytes) -> bool:
    own = {key: value for key, value in entry.items() if key != "digest"}
    if entry.get("digest") != digest(own, checked=True):
        return False
    return canonical(entry, checked=True).encode() == line


def _passage(torn: Sequence[bytes]) -> str:
    return "sha256:" + hashlib.sha256(b"\n".join(torn)).hexdigest()

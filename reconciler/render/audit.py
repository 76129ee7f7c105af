from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from reconciler.audit.chain import MENDED, Checked
from reconciler.jsontypes import Json, JsonObject
from reconciler.text import printable


_WIDTH = 80
_INDENT = " " * 6


def log_text(entries: Sequence[tuple[int, JsonObject]]) -> str:
    """Return the log for people, first line first: what was done, and below it each slot; times are UTC."""
    if not entries:
        return "Nothing was logged yet.\n"
    return "".join(f"{line}\n" for number, entry in entries for line in _lines(number, entry))


def checked_text(checked: Checked) -> str:
    """Return what a check of the whole log found, if nothing is wrong with it."""
    if not checked.lines and checked.cut_short is None:
        return "intact: nothing was logged yet\n"
    lines = [f"intact: {checked.lines} line{'s' * (checked.lines != 1)}"]
    if checked.last:
        lines.append(f"last: {checked.last}")
    lines += [f"line {number} was cut short by a crash, as the log says" for number in checked.mended]
    if checked.cut_short:
        lines.append(f"line {checked.cut_short} was cut short by a crash: the next action mends it")
    return "\n".join(lines) + "\n"


def _lines(number: int, entry: JsonObject) -> Iterator[str]:
    head = f"{number:>4}  {_moment(entry, 'at')}  {_text(entry, 'who')}: {_what(entry)}"
    yield from wrap(head, _WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)
    slots = entry.get("slots")
    for slot in slots if isinstance(slots, list) else ():
        if isinstance(slot, Mapping):
            yield from wrap(
                _slot(slot),
                _WIDTH,
                initial_indent=_INDENT,
                subsequent_indent=_INDENT + "  ",
                break_on_hyphens=False,
            )


def _what(entry: JsonObject) -> str:
    action = _text(entry, "action")
    if action == "mode":
        return f"mode {_text(entry, 'after')}, was {_text(entry, 'before')}, in {_text(entry, 'policy')}"
    if action == "hold":
        return f"hold until {_moment(entry, 'until') or 'it is resumed'}: {_text(entry, 'reason')}"
    if action == MENDED:
        return "the line before was cut short by a crash"
    if action == "confirm":
        return f"confirm {_text(entry, 'record')}, by {_text(entry, 'by')}"
    if "record" not in entry:
        return action
    undone = f", undoes {_text(entry, 'undoes')}" if "undoes" in entry else ""
    state = "begins" if entry.get("phase") == "begin" else f"ends, {_text(entry, 'status')}"
    return f"{action} {_text(entry, 'record')} {state}{undone}"


def _slot(slot: Mapping[str, Json]) -> str:
    address = _text(slot, "address")
    if "outcome" in slot:
        return f"{address}: {_text(slot, 'outcome')}"
    return f"{address}: {_text(slot, 'before')} → {_text(slot, 'after')}" if "after" in slot else address


def _moment(entry: JsonObject, key: str) -> str:
    """Return a time, which the log tells in UTC, to the minute."""
    return _text(entry, key, "").replace("T", " ")[:16]


def _text(entry: Mapping[str, Json], key: str, default: str = "not set") -> str:
    value = entry.get(key)
    return default if value is None else printable(str(value), at_most=4096)

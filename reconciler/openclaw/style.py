"""How a file writes its values, so that what is added looks as if its author had written it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeVar

from reconciler.jsontypes import Json
from reconciler.openclaw.json5 import Array, Member, Node, Object, Scalar, is_plain_name


T = TypeVar("T")

LONGEST_LINE = 100
_NEWLINE = re.compile(r"\r\n|\n|\r")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Style:
    newline: str = "\n"
    unit: str = "  "  # one level of indentation
    quote: str = '"'
    key_quote: str = '"'  # empty where keys that need no quotes have none
    colon: str = ": "
    padding: str = " "  # inside the braces of an object on one line
    trailing_comma: bool = False
    spread: bool = True  # every container takes several lines, as JSON.stringify(value, null, 2) has it

    @property
    def gap(self) -> str:
        """What stands between a comma and the next value on the same line."""
        return " " if self.colon.endswith(" ") else ""


def style_of(text: str, root: Node) -> Style:
    """Read the habits of a file; each goes by the majority, and without evidence by what OpenClaw writes."""
    nodes = list(_walk(root))
    objects = [node for node in nodes if isinstance(node, Object) and node.members]
    flat = [node for node in objects if not breaks(text[node.start : node.members[0].start])]
    tall = [node for node in nodes if elements(node) and breaks(text[node.start : elements(node)[0].start])]
    strings = [text[node.start] for node in nodes if isinstance(node, Scalar) and isinstance(node.value, str)]
    keys = [text[member.start] for node in objects for member in node.members]
    quote = _most(strings, _most(keys, '"', only={'"', "'"}))
    return Style(
        newline=_most(_NEWLINE.findall(text), "\n"),
        unit=_unit(text, objects),
        quote=quote,
        key_quote=_key_quote(text, objects, quote),
        colon=_most(
            [text[m.key_end : m.value.start] for o in objects for m in o.members], ": ", only={":", ": "}
        ),
        padding=_most([text[node.start + 1 : node.members[0].start] for node in flat], " ", only={"", " "}),
        trailing_comma=_most([text[elements(node)[-1].end :].lstrip()[:1] == "," for node in tall], False),
        spread=not flat,
    )


def indent_at(text: str, offset: int) -> str:
    """Return the white space that begins the line of *offset*."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    match = re.compile(r"[ \t]*").match(text, start)
    return match.group() if match else ""


def breaks(text: str) -> bool:
    return re.search("[\n\r\u2028\u2029]", text) is not None


def render(value: Json, style: Style, *, indent: str, flat: bool) -> str:
    """Write a value that begins on a line indented by *indent*; *flat* keeps it on that line."""
    if isinstance(value, str):
        return quoted(value, style.quote)
    if not isinstance(value, Mapping | Sequence):
        return json.dumps(value)
    if not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    line = _on_one_line(value, style)
    if flat or (not style.spread and len(indent) + len(line) <= LONGEST_LINE):
        return line
    return _on_many_lines(value, style, indent)


def key_text(key: str, style: Style) -> str:
    if not style.key_quote and is_plain_name(key):
        return key
    return quoted(key, style.key_quote or style.quote)


def quoted(text: str, quote: str) -> str:
    """Write a string that every JSON5 reader takes back as it was; unpaired surrogates and separators escaped."""
    body = json.dumps(text, ensure_ascii=False)[1:-1]
    if quote == "'":
        body = body.replace('\\"', '"').replace("'", "\\'")
    return quote + _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", body) + quote


def _on_one_line(value: Sequence[Json] | Mapping[str, Json], style: Style) -> str:
    parts = f",{style.gap}".join(_parts(value, style, indent="", flat=True))
    if isinstance(value, Mapping):
        return "{" + style.padding + parts + style.padding + "}"
    return f"[{parts}]"


def _on_many_lines(value: Sequence[Json] | Mapping[str, Json], style: Style, indent: str) -> str:
    inner = style.newline + indent + style.unit
    parts = f",{inner}".join(_parts(value, style, indent=indent + style.unit, flat=False))
    last = "," if style.trailing_comma else ""
    opener, closer = "{}" if isinstance(value, Mapping) else "[]"
    return f"{opener}{inner}{parts}{last}{style.newline}{indent}{closer}"


def _parts(
    value: Sequence[Json] | Mapping[str, Json], style: Style, *, indent: str, flat: bool
) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield key_text(key, style) + style.colon + render(member, style, indent=indent, flat=flat)
    else:
        for item in value:
            yield render(item, style, indent=indent, flat=flat)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Object):
        for member in node.members:
            yield from _walk(member.value)
    elif isinstance(node, Array):
        for item in node.items:
            yield from _walk(item)


def elements(node: Node) -> Sequence[Node | Member]:
    if isinstance(node, Object):
        return node.members
    return node.items if isinstance(node, Array) else ()


def _key_quote(text: str, objects: Sequence[Object], default: str) -> str:
    """Look first at the keys that could do without quotes: only they show a habit of not quoting."""
    firsts = [(member.key, text[member.start]) for node in objects for member in node.members]
    optional = ["" if first not in "\"'" else first for key, first in firsts if is_plain_name(key)]
    return _most(optional, _most([first for _, first in firsts], default, only={'"', "'"}))


def _unit(text: str, objects: Sequence[Object]) -> str:
    units = []
    for node in objects:
        outer, inner = indent_at(text, node.start), indent_at(text, node.members[0].start)
        if breaks(text[node.start : node.members[0].start]) and inner.startswith(outer):
            units.append(inner.removeprefix(outer))
    return _most([unit for unit in units if unit], "  ")


def _most(values: Sequence[T], default: T, *, only: AbstractSet[T] | None = None) -> T:
    counts = Counter(value for value in values if only is None or value in only)
    return counts.most_common(1)[0][0] if counts else default

"""Where a step cuts and inserts: commas, lines and comments of one text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.jsontypes import Json
from reconciler.openclaw.edits import Edit
from reconciler.openclaw.json5 import Array, Member, Node, Object, parse, skip_trivia
from reconciler.openclaw.style import (
    LONGEST_LINE,
    Style,
    breaks,
    elements,
    indent_at,
    key_text,
    render,
    style_of,
)


_COMMENT = r"//[^\n\r\u2028\u2029]*|/\*(?s:.)*?\*/"
_REST_OF_LINE = re.compile(
    r"(?P<blocks>(?:[ \t]*/\*(?:(?!\*/)[^\n\r\u2028\u2029])*\*/)*)[ \t]*(?P<line>//[^\n\r\u2028\u2029]*)?"
)
_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Set:
    """Write *value* over the value at *path*."""

    path: tuple[str, ...]
    value: Json


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a new member at the end of an object, or a new item before the item that has this index."""

    path: tuple[str, ...]
    value: Json


@dataclass(frozen=True, slots=True)
class Cut:
    """Take out an item, or of the members with this key the last one."""

    path: tuple[str, ...]


Step = Set | Insert | Cut


class Layout:
    """One text; additions to it are written in *style*."""

    def __init__(self, text: str, root: Node, style: Style) -> None:
        self._text = text
        self.root = root
        self._style = style

    @classmethod
    def of(cls, text: str, *, file: str) -> Layout:
        root = parse(text, file=file)
        return cls(text, root, style_of(text, root))

    def changed(self, text: str) -> Layout:
        """Read the text again after an edit; the style stays that of its author."""
        return Layout(text, parse(text), self._style)

    def edits(self, step: Step) -> Iterator[Edit]:
        """Yield the edits of one step; its parent exists, and for Set and Cut its target too."""
        if not step.path:
            assert isinstance(step, Set)
            yield self._write(self.root, step.value, flat=False)
            return
        box = self._box(step.path[:-1])
        match step:
            case Set():
                target = elements(box)[_find(box, step.path[-1])]
                node = target.value if isinstance(target, Member) else target
                yield self._write(node, step.value, flat=not self._is_tall(box))
            case Insert():
                yield from self._insert(box, step.path[-1], step.value)
            case Cut():
                yield from self._cut(box, _find(box, step.path[-1]))

    def _box(self, path: Sequence[str]) -> Object | Array:
        node = self.root
        for token in path:
            assert isinstance(node, Object | Array)
            target = elements(node)[_find(node, token)]
            node = target.value if isinstance(target, Member) else target
        assert isinstance(node, Object | Array)
        return node

    def _write(self, node: Node, value: Json, *, flat: bool) -> Edit:
        old = self._text[node.start : node.end]
        style = self._style
        if elements(node):
            flat = not breaks(old)
            style = replace(style, spread=not flat)
        return Edit(
            node.start, old, render(value, style, indent=indent_at(self._text, node.start), flat=flat)
        )

    def _insert(self, box: Object | Array, token: str, value: Json) -> Iterator[Edit]:
        key = token if isinstance(box, Object) else None
        at = len(elements(box)) if key is not None else int(token)
        if not elements(box):
            yield self._fill(box, key, value)
        elif at < len(elements(box)):
            yield self._insert_before(box, at, value)
        else:
            yield from self._append(box, key, value)

    def _element(self, key: str | None, value: Json, *, indent: str, flat: bool) -> str:
        name = "" if key is None else key_text(key, self._style) + self._style.colon
        return name + render(value, self._style, indent=indent, flat=flat)

    def _fill(self, box: Object | Array, key: str | None, value: Json) -> Edit:
        """Put the first element between two brackets, after the comments that stand there."""
        inner = self._text[box.start + 1 : box.end - 1]
        comments = list(re.finditer(_COMMENT, inner))
        if not comments and not breaks(inner):
            return Edit(box.start + 1, inner, self._filling(box, key, value))
        anchor = box.start + 1 + (comments[-1].end() if comments else 0)
        if not breaks(inner):
            return Edit(anchor, "", " " + self._element(key, value, indent="", flat=True))
        indent = indent_at(self._text, box.start) + self._style.unit
        last = "," if self._style.trailing_comma else ""
        return Edit(
            anchor,
            "",
            self._style.newline + indent + self._element(key, value, indent=indent, flat=False) + last,
        )

    def _filling(self, box: Object | Array, key: str | None, value: Json) -> str:
        style, outer = self._style, indent_at(self._text, box.start)
        padding = style.padding if key is not None else ""
        line = padding + self._element(key, value, indent="", flat=True) + padding
        if not style.spread and len(outer) + len(line) <= LONGEST_LINE:
            return line
        indent = outer + style.unit
        last = "," if style.trailing_comma else ""
        body = self._element(key, value, indent=indent, flat=False)
        return f"{style.newline}{indent}{body}{last}{style.newline}{outer}"

    def _append(self, box: Object | Array, key: str | None, value: Json) -> Iterator[Edit]:
        """Write after the last element and the comments on its line; comments further down stay last."""
        last = elements(box)[-1]
        comma = self._comma_after(last)
        base = last.end if comma is None else comma + 1
        tall = self._is_tall(box) or self._rest_of_line(base)["line"] is not None
        indent = self._indent_in(box)
        body = self._element(key, value, indent=indent, flat=not tall)
        lead = self._style.newline + indent if tall else self._style.gap
        anchor = self._after_comments(base) if tall or comma is None else base
        if comma is not None:
            yield Edit(anchor, "", f"{lead}{body},")
        elif tall and anchor > base:
            yield Edit(base, "", ",")
            yield Edit(anchor, "", lead + body)
        else:
            yield Edit(anchor, "", f",{lead}{body}")

    def _insert_before(self, box: Object | Array, at: int, value: Json) -> Edit:
        follower = elements(box)[at]
        comma = self._comma_after(elements(box)[at - 1]) if at else box.start
        base = (box.start if comma is None else comma) + 1
        tall = breaks(self._text[base : follower.start])
        indent = indent_at(self._text, follower.start)
        body = self._element(None, value, indent=indent, flat=not tall)
        if tall:
            return Edit(self._after_comments(base), "", f"{self._style.newline}{indent}{body},")
        if at == 0:
            return Edit(follower.start, "", f"{body},{self._style.gap}")
        return Edit(base, "", f"{self._style.gap}{body},")

    def _cut(self, box: Object | Array, at: int) -> Iterator[Edit]:
        """Take out an element with its comma and its line; a comment on a line of its own stays."""
        element = elements(box)[at]
        inner = self._text[box.start + 1 : element.start] + self._text[element.end : box.end - 1]
        if len(elements(box)) == 1 and not inner.replace(",", "").strip(" \t\r\n"):
            yield self._gap(box.start + 1, box.end - 1)
            return
        comma = self._comma_after(element)
        end = element.end if comma is None else comma + 1
        if comma is not None and self._text[element.end : comma].strip(" \t"):
            yield self._gap(comma, comma + 1)
            end = element.end
        start, stop = self._whole_line(element.start, end) or self._part_of_line(box, at, end)
        yield self._gap(start, stop)
        if comma is None and at:
            before = self._comma_after(elements(box)[at - 1])
            if before is not None and before < start:
                yield self._gap(before, before + 1)

    def _whole_line(self, start: int, end: int) -> tuple[int, int] | None:
        line_end = _LINE_END.match(self._text, self._rest_of_line(end).end())
        if line_end is None or not self._starts_line(start):
            return None
        return start - len(indent_at(self._text, start)), line_end.end()

    def _part_of_line(self, box: Object | Array, at: int, end: int) -> tuple[int, int]:
        """Take the blanks with an element: those after its comma, or of the last element those before it."""
        start = elements(box)[at].start
        after = _BLANK.match(self._text, end)
        if after is not None and (at + 1 < len(elements(box)) or self._text.startswith("/*", after.end())):
            return start, after.end()
        blanks = len(self._text[:start]) - len(self._text[:start].rstrip(" \t"))
        return start - (blanks if at else 0), end

    def _gap(self, start: int, end: int) -> Edit:
        return Edit(start, self._text[start:end], "")

    def _is_tall(self, box: Object | Array) -> bool:
        return breaks(self._text[box.start : elements(box)[0].start])

    def _indent_in(self, box: Object | Array) -> str:
        starts = (element.start for element in reversed(elements(box)) if self._starts_line(element.start))
        return next(
            (indent_at(self._text, start) for start in starts),
            indent_at(self._text, box.start) + self._style.unit,
        )

    def _starts_line(self, offset: int) -> bool:
        start = offset - len(indent_at(self._text, offset))
        return start > 0 and self._text[start - 1] in "\r\n"

    def _comma_after(self, element: Node | Member) -> int | None:
        at = skip_trivia(self._text, element.end)
        return at if self._text[at] == "," else None

    def _rest_of_line(self, offset: int) -> re.Match[str]:
        match = _REST_OF_LINE.match(self._text, offset)
        assert match is not None
        return match

    def _after_comments(self, offset: int) -> int:
        rest = self._rest_of_line(offset)
        return rest.end() if rest["line"] is not None else rest.end("blocks")


def _find(box: Object | Array, token: str) -> int:
    if isinstance(box, Array):
        return int(token)
    return max(at for at, member in enumerate(box.members) if member.key == token)

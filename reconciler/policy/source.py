"""YAML 1.2 with the place of every key and value, within bounds that no honest policy meets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from reconciler.errors import Position
from reconciler.policy.problem import Problem, show
from reconciler.policy.read import unusable


MOST_NODES = 50_000
DEEPEST = 32
MOST_DOCUMENTS = 100
_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value; *start* and *end* are offsets of its characters in the text."""

    value: str | int | Decimal | bool | None
    at: Position
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Node, ...]
    at: Position


class Entry(NamedTuple):
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; *flow* is `{a: 1}`, *start* the offset of its first character."""

    entries: Mapping[str, Entry]
    at: Position
    start: int
    flow: bool


Node = Scalar | Listing | Table


@dataclass(frozen=True, slots=True)
class Source:
    """The documents of one file that are not empty, and the mistakes that do not stop reading."""

    documents: tuple[Node, ...]
    problems: tuple[Problem, ...]


def parse(text: str, file: str) -> Source:
    """Read all documents of *text*.

    Raises:
        Unusable: it is not YAML, or needs more than any policy.
    """
    from reconciler.policy.syntax import events

    composer = _Composer(file, events(text, file))
    documents = tuple(composer.documents())
    if not documents:
        raise unusable(
            Position(file, 1, 1),
            "is empty",
            hint="begin with `apiVersion: tactician/v1`, `kind: RoutingPolicy` and `spec:`",
        )
    return Source(documents, tuple(composer.problems))


def plain(node: Node) -> object:
    """Return the values alone: dict, tuple, str, int, Decimal, bool and None."""
    match node:
        case Scalar():
            return node.value
        case Listing():
            return tuple(plain(item) for item in node.items)
        case Table():
            return {key: plain(entry.value) for key, entry in node.entries.items()}


class _Anchor(NamedTuple):
    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Composer:
    """Builds nodes from parser events and counts what aliases multiply."""

    file: str
    events: Iterator[Any]
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, _Anchor | None] = field(default_factory=dict)
    nodes: int = 0
    deepest: int = 0

    def documents(self) -> Iterator[Node]:
        count = 0
        for event in self.events:
            if not _is(event, "DocumentStart"):
                continue
            count += 1
            if event.version or event.tags:
                raise unusable(self.at(event), "begins with a directive", hint="remove the line with `%`")
            if count > MOST_DOCUMENTS:
                raise unusable(self.at(event), "holds over 100 documents", hint="use several files")
            self.anchors.clear()
            node = self.node(next(self.events), depth=1)
            if not (isinstance(node, Scalar) and node.value is None):
                yield node

    def node(self, event: Any, *, depth: int) -> Node:
        if _is(event, "Alias"):
            return self.alias(event, depth=depth)
        self.grow(event, size=1, depth=depth)
        if event.tag is not None:
            raise unusable(self.at(event), f"has the tag {show(str(event.tag))}", hint="remove the tag")
        if event.anchor is None:
            return self.content(event, depth=depth)
        return self.anchored(event, depth=depth)

    def anchored(self, event: Any, *, depth: int) -> Node:
        before, outer = self.nodes, self.deepest
        self.anchors[event.anchor] = None
        self.deepest = depth
        node = self.content(event, depth=depth)
        self.anchors[event.anchor] = _Anchor(node, self.nodes - before + 1, self.deepest - depth)
        self.deepest = max(outer, self.deepest)
        return node

    def alias(self, event: Any, *, depth: int) -> Node:
        name = show(event.anchor)
        if event.anchor not in self.anchors:
            raise unusable(self.at(event), f"the alias {name} has no anchor", hint="define it further up")
        anchor = self.anchors[event.anchor]
        if anchor is None:
            raise unusable(self.at(event), f"the alias {name} holds itself", hint="write the value out")
        self.grow(event, size=anchor.size, depth=depth + anchor.height)
        return anchor.node

    def grow(self, event: Any, *, size: int, depth: int) -> None:
        self.nodes += size
        self.deepest = max(self.deepest, depth)
        if self.nodes > MOST_NODES:
            hint = "aliases count each time they are used; write fewer"
            raise unusable(self.at(event), f"holds over {MOST_NODES} values", hint=hint)
        if depth > DEEPEST:
            raise unusable(self.at(event), f"is nested over {DEEPEST} levels deep", hint="flatten it")

    def content(self, event: Any, *, depth: int) -> Node:
        at, start = self.at(event), event.start_mark.index
        if _is(event, "Scalar"):
            value = resolve(event.value) if event.implicit[0] else event.value
            return Scalar(value, at, start, event.end_mark.index)
        if _is(event, "SequenceStart"):
            return Listing(tuple(self.items(depth)), at)
        return Table(self.entries(depth), at, start, bool(event.flow_style))

    def items(self, depth: int) -> Iterator[Node]:
        while not _is(event := next(self.events), "SequenceEnd"):
            yield self.node(event, depth=depth + 1)

    def entries(self, depth: int) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        merged: list[Table] = []
        while not _is(event := next(self.events), "MappingEnd"):
            key = self.key(event, depth=depth + 1)
            value = self.node(next(self.events), depth=depth + 1)
            if key.value == _MERGE:
                merged.extend(self.merged(value))
            elif str(key.value) in found:
                self.repeated(key, found[str(key.value)].key)
            else:
                found[str(key.value)] = Entry(key, value)
        for table in merged:
            found = {**table.entries, **found}
        return found

    def key(self, event: Any, *, depth: int) -> Scalar:
        node = self.node(event, depth=depth)
        if not isinstance(node, Scalar):
            raise unusable(self.at(event), "a key is a list or a mapping", hint="write text as key")
        text = event.value if _is(event, "Scalar") else str(node.value)
        return Scalar(text, self.at(event), node.start, node.end)

    def merged(self, value: Node) -> Iterator[Table]:
        """Yield what `<<` brings in, last wish first, because the first one wins."""
        for node in value.items if isinstance(value, Listing) else (value,):
            if isinstance(node, Table):
                yield node
            else:
                hint = "write `<<: *anchor`, where the anchor is a mapping"
                self.problems.append(Problem(value.at, "", "`<<` takes a mapping", hint))

    def repeated(self, key: Scalar, first: Scalar) -> None:
        message = f"the key {show(str(key.value))} stands at {first.at} already"
        self.problems.append(Problem(key.at, "", message, "keep one of the two"))

    def at(self, event: Any) -> Position:
        return Position(self.file, event.start_mark.line + 1, event.start_mark.column + 1)


_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_BASED = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: Mapping[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def resolve(text: str) -> str | int | Decimal | bool | None:
    """Read an unquoted value by the core schema of YAML 1.2 (section 10.3); `yes` and `1_000` are text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def _is(event: Any, kind: str) -> bool:
    return type(event).__name__ == kind + "Event"

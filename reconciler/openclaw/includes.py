"""`$include` as OpenClaw resolves it: a file replaces the object, a list of files and sibling keys merge in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json
from reconciler.openclaw.files import SourceFile, read_source_file
from reconciler.openclaw.json5 import Array, Node, Object, Scalar, parse, position
from reconciler.openclaw.pointer import escape, is_array


KEY = "$include"
MAX_DEPTH = 10  # OpenClaw's own limit
MAX_INCLUDES = 1000  # OpenClaw has none; files that include each other twice would double with every level
_NEVER_MERGED = frozenset(
    {"__proto__", "prototype", "constructor"}
)  # OpenClaw drops these from merged objects


@dataclass(frozen=True, slots=True)
class Home:
    file: Path
    pointer: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resolved value comes from: one home, or several where it was merged or hides another."""

    homes: tuple[Home, ...]
    children: Mapping[str, Place] = field(default_factory=dict)


Resolved = tuple[Json, Place]


class Includes:
    """One traversal; remembers each file it has read."""

    def __init__(self, root: Path, include_roots: Sequence[Path]) -> None:
        roots = [root.parent, *(path for path in include_roots if path.is_absolute())]
        self._roots = [Path(os.path.normpath(path)) for path in roots]
        self._real_roots = [Path(os.path.realpath(path)) for path in roots]
        self._files: dict[Path, SourceFile] = {}
        self._count = 0

    def resolve(self, file: SourceFile) -> Resolved:
        self._files[file.path] = file
        return _Document(file, (file.path,), self.include).resolved()

    def files(self) -> tuple[SourceFile, ...]:
        return tuple(self._files.values())

    def include(self, named: str, chain: tuple[Path, ...]) -> Resolved:
        """Resolve the file *named* in the last file of *chain*, which leads there from the root."""
        path = Path(os.path.normpath(chain[-1].parent / named))
        self._check(named, path, chain)
        known = self._files.get(path) or read_source_file(path, included=True)
        self._files[path] = replace(known, times_included=known.times_included + 1)
        return _Document(known, (*chain, path), self.include).resolved()

    def _check(self, named: str, path: Path, chain: tuple[Path, ...]) -> None:
        self._count += 1
        if "\0" in named or not any(path.is_relative_to(root) for root in self._roots):
            raise _refuse(
                "escapes the directory of the configuration",
                "move the file there, or add OPENCLAW_INCLUDE_ROOTS",
            )
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(root) for root in self._real_roots):
            raise _refuse(
                "leads out of the directory of the configuration by a symbolic link", "copy the file there"
            )
        if path in chain:
            raise _refuse(
                "is circular: " + " → ".join(map(str, (*chain, path))), "remove one of these includes"
            )
        if len(chain) > MAX_DEPTH:
            raise _refuse(f"is deeper than {MAX_DEPTH} levels", "include fewer files from included files")
        if self._count > MAX_INCLUDES:
            raise _refuse(f"is one of more than {MAX_INCLUDES}", "include fewer files")


@dataclass(frozen=True, slots=True)
class _Document:
    file: SourceFile
    chain: tuple[Path, ...]
    include: Callable[[str, tuple[Path, ...]], Resolved]

    def resolved(self) -> Resolved:
        return self._resolve(parse(self.file.text, file=str(self.file.path)), "")

    def _resolve(self, node: Node, at: str) -> Resolved:
        home = (Home(self.file.path, at),)
        if isinstance(node, Scalar):
            return node.value, Place(home)
        if isinstance(node, Array):
            items = [self._resolve(item, f"{at}/{index}") for index, item in enumerate(node.items)]
            return [value for value, _ in items], Place(
                home, {str(i): place for i, (_, place) in enumerate(items)}
            )
        directive = node.member(KEY)
        if directive is not None:
            return self._with_include(node, directive.value, at)
        return self._object(node, at)

    def _object(self, node: Object, at: str) -> Resolved:
        winners = {member.key: member.value for member in node.members if member.key != KEY}
        members = {key: self._resolve(value, f"{at}/{escape(key)}") for key, value in winners.items()}
        place = Place((Home(self.file.path, at),), {key: place for key, (_, place) in members.items()})
        return {key: value for key, (value, _) in members.items()}, place

    def _with_include(self, node: Object, directive: Node, at: str) -> Resolved:
        included = self._included(directive, at)
        if all(member.key == KEY for member in node.members):
            return included
        if not isinstance(included[0], Mapping):
            raise self._error(
                directive, _refuse("gives no object, but other keys stand beside it", "include an object")
            )
        return merge(included, self._object(node, at))

    def _included(self, directive: Node, at: str) -> Resolved:
        if isinstance(directive, Scalar):
            return self._load(directive)
        if isinstance(directive, Array):
            merged: Resolved = ({}, Place(() if directive.items else (Home(self.file.path, at),)))
            for item in directive.items:
                merged = merge(merged, self._load(item))
            return merged
        raise self._error(directive, _refuse("is neither a path nor a list of paths", "name a file"))

    def _load(self, node: Node) -> Resolved:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise self._error(node, _refuse("is neither a path nor a list of paths", "name a file"))
        try:
            return self.include(node.value, self.chain)
        except ReconcilerError as error:
            raise self._error(node, error) from error

    def _error(self, node: Node, error: ReconcilerError) -> ReconcilerError:
        """Say where the include stands; an error that has a place of its own keeps it."""
        here = position(self.file.text, node.start, file=str(self.file.path))
        evidence = error.evidence if error.at is None else (*error.evidence, f"included at {here}")
        return type(error)(error.problem, hint=error.hint, at=error.at or here, evidence=evidence)


def merge(base: Resolved, over: Resolved) -> Resolved:
    """Merge as OpenClaw does: objects key by key, lists one behind the other, else *over* wins and hides *base*."""
    (low, low_place), (high, high_place) = base, over
    homes = tuple(dict.fromkeys(low_place.homes + high_place.homes))
    if isinstance(low, Mapping) and isinstance(high, Mapping):
        members = _members(low, low_place) | {
            key: merge((low[key], low_place.children[key]), member) if key in low else member
            for key, member in _members(high, high_place).items()
        }
        value = {key: value for key, (value, _) in members.items()}
        return value, Place(homes, {key: place for key, (_, place) in members.items()})
    if is_array(low) and is_array(high):
        places = [*low_place.children.values(), *high_place.children.values()]
        return [*low, *high], Place(homes, {str(index): place for index, place in enumerate(places)})
    return high, Place(homes, high_place.children)


def _members(value: Mapping[str, Json], place: Place) -> dict[str, Resolved]:
    return {key: (inner, place.children[key]) for key, inner in value.items() if key not in _NEVER_MERGED}


def _refuse(problem: str, hint: str) -> ReconcilerError:
    return ReconcilerError(f"an {KEY} {problem}", hint=hint)

"""Read `openclaw.json` with everything it includes, and remember which file each value came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Position, ReconcilerError, Refused
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.files import SourceFile, read_source_file
from reconciler.openclaw.includes import Includes, Place
from reconciler.openclaw.json5 import Array, Node, Object, parse, position
from reconciler.openclaw.pointer import join, tokens


@dataclass(frozen=True, slots=True)
class Owner:
    """The one file that an edit of a value has to change, and where in that file."""

    file: SourceFile
    pointer: str


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """One reading of the configuration; *value* is resolved, `${VAR}` stays text."""

    root: Path
    files: tuple[SourceFile, ...]  # the root first, then every included file once
    value: JsonObject
    place: Place

    def owner(self, pointer: str) -> Owner:
        """Return where to edit *pointer*; where nothing stands there, where its nearest parent does.

        Raises Refused where the value comes from several files, or from a file that several places include.
        """
        place, path = self.place, tokens(pointer)
        depth = 0
        while depth < len(path) and path[depth] in place.children:
            place = place.children[path[depth]]
            depth += 1
        if len(place.homes) != 1:
            raise _merged(pointer, place)
        home = place.homes[0]
        if self._times_included(home.file) > 1:
            raise _shared(pointer, home.file)
        return Owner(self._file(home.file), home.pointer + join(path[depth:]))

    def position(self, pointer: str) -> Position:
        """Return the line of *pointer*, or of its nearest parent, in the first file that has it."""
        place, path = self.place, list(tokens(pointer))
        while path and path[0] in place.children:
            place = place.children[path.pop(0)]
        home = place.homes[0]
        text = self._file(home.file).text
        return position(text, _offset(parse(text), tokens(home.pointer)), file=str(home.file))

    def by_file(self, operations: Sequence[Mapping[str, Json]]) -> dict[Path, list[dict[str, Json]]]:
        """Sort RFC 6902 operations on the resolved value into operations on the files that own their paths."""
        sorted_: dict[Path, list[dict[str, Json]]] = {}
        for operation in operations:
            owner = self.owner(str(operation["path"]))
            sorted_.setdefault(owner.file.path, []).append({**operation, "path": owner.pointer})
        return sorted_

    def _file(self, path: Path) -> SourceFile:
        return next(file for file in self.files if file.path == path)

    def _times_included(self, path: Path) -> int:
        return self._file(path).times_included


def read_config(path: Path, *, include_roots: Sequence[Path] = ()) -> ConfigSource:
    """Read *path* and what it includes.

    An include has to lie under the directory of *path* or under one of *include_roots* (absolute paths, from
    OPENCLAW_INCLUDE_ROOTS). Raises ReconcilerError for a file that OpenClaw would not accept either.
    """
    root = path.absolute()
    includes = Includes(root, include_roots)
    value, place = includes.resolve(read_source_file(root))
    files = includes.files()
    if not isinstance(value, Mapping):
        raise ReconcilerError(
            "the configuration is not an object",
            hint="its outermost brackets have to be { }",
            at=Position(str(root), 1, 1),
        )
    source = ConfigSource(root, files, value, place)
    _check_layout(source)
    return source


def _check_layout(source: ConfigSource) -> None:
    agents = source.value.get("agents")
    if isinstance(agents, Mapping) and "list" in agents and "entries" in agents:
        raise Refused(
            "the configuration has both agents.list and agents.entries",
            hint="keep agents.entries for OpenClaw 2026.8.1 and later, agents.list for earlier ones",
            at=source.position("/agents/list"),
            evidence=[f"agents.entries is at {source.position('/agents/entries')}"],
        )


def _offset(node: Node, path: Sequence[str]) -> int:
    for token in path:
        if isinstance(node, Object) and (member := node.member(token)) is not None:
            node = member.value
        elif isinstance(node, Array):
            node = node.items[int(token)]
    return node.start


def _merged(pointer: str, place: Place) -> Refused:
    return Refused(
        f"{pointer or 'the configuration'} is put together from several files, so no single one can be edited",
        hint="keep it in one of the files, or include that file by a name of its own, not in a list",
        evidence=[f"{home.file}#{home.pointer}" for home in place.homes],
    )


def _shared(pointer: str, file: Path) -> Refused:
    return Refused(
        f"{pointer or 'the configuration'} comes from a file that is included in more than one place",
        hint="an edit would change all of them: give each place a file of its own",
        evidence=[str(file)],
    )

"""Change values in the text of a JSON5 file and leave everything else as it is: comments, layout, quotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.errors import ReconcilerError, StalePlan
from reconciler.jsontypes import Json
from reconciler.openclaw.edits import Edit, apply_edits, compose, revert_edits
from reconciler.openclaw.json5 import Array, Member, Node, Object, plain
from reconciler.openclaw.layout import Cut, Insert, Layout, Set, Step
from reconciler.openclaw.pointer import index, is_array, join, tokens


__all__ = ["Edit", "Operation", "apply_edits", "revert_edits", "same", "splice"]

Operation = Mapping[str, Json]
"""One RFC 6902 operation as the jsonpatch library takes it: `op`, `path` and, except for remove, `value`."""

Path = tuple[str, ...]


def splice(text: str, operations: Sequence[Operation], *, file: str = "<text>") -> tuple[Edit, ...]:
    """Return the edits that carry out RFC 6902 *operations*: sorted, apart from each other, on *text* as given.

    Understands add, replace, remove and test. An object in the place of an object is changed member by member, so
    that comments inside live. Raises Json5Error for the text, StalePlan where a test fails or a path does not exist.
    """
    edits: tuple[Edit, ...] = ()
    layout = Layout.of(text, file=file)
    for operation in operations:
        for step in list(_steps(layout.root, operation)):
            for edit in sorted(layout.edits(step), key=lambda edit: edit.offset, reverse=True):
                edits = compose(text, edits, edit)
            layout = layout.changed(apply_edits(text, edits))
    return edits


def same(left: Json, right: Json) -> bool:
    """Compare as JSON does: true is not 1, and 1 is 1.0."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, str | bool | None) or isinstance(right, str | bool | None):
        return type(left) is type(right) and left == right
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def _steps(root: Node, operation: Operation) -> Iterator[Step]:
    """Yield what one operation asks for in the smallest steps, each to be taken after those before."""
    path = tokens(str(operation["path"]))
    match operation["op"]:
        case "test":
            if not same(plain(_node(root, path)), operation["value"]):
                raise _stale("is not what the plan was made for", path)
        case "replace":
            yield from _change(path, _node(root, path), operation["value"])
        case "remove":
            yield from _remove(root, path)
        case "add":
            yield from _add(root, path, operation["value"])
        case other:
            raise ReconcilerError(
                f"a patch of a file cannot {other}", hint="use add, replace, remove and test"
            )


def _change(path: Path, old: Node, new: Json) -> Iterator[Step]:
    """Turn *old* into *new* by touching only what differs."""
    if isinstance(old, Object) and isinstance(new, Mapping):
        for member in old.members:
            if member.key not in new:
                yield Cut((*path, member.key))
        for key, value in new.items():
            yield from _set_member((*path, key), old.member(key), value)
    elif isinstance(old, Array) and is_array(new) and len(old.items) == len(new):
        for at, (item, value) in enumerate(zip(old.items, new, strict=True)):
            yield from _change((*path, str(at)), item, value)
    elif not same(plain(old), new):
        yield Set(path, new)


def _set_member(path: Path, member: Member | None, value: Json) -> Iterator[Step]:
    if member is None:
        yield Insert(path, value)
    else:
        yield from _change(path, member.value, value)


def _remove(root: Node, path: Path) -> Iterator[Step]:
    _node(root, path)
    if not path:
        raise ReconcilerError("a patch cannot remove the whole document", hint="replace it by {}")
    parent = _node(root, path[:-1])
    if isinstance(parent, Object):
        yield from [Cut(path)] * sum(member.key == path[-1] for member in parent.members)
    else:
        yield Cut(path)


def _add(root: Node, path: Path, value: Json) -> Iterator[Step]:
    if not path:
        yield from _change(path, root, value)
        return
    parent, key = _node(root, path[:-1]), path[-1]
    if isinstance(parent, Object):
        yield from _set_member(path, parent.member(key), value)
    elif isinstance(parent, Array) and (key == "-" or _index(key, path) <= len(parent.items)):
        yield Insert((*path[:-1], str(len(parent.items)) if key == "-" else key), value)
    else:
        raise _stale("cannot be added: its parent is not a list or an object that could take it", path)


def _node(root: Node, path: Path) -> Node:
    node = root
    for depth, token in enumerate(path, 1):
        if isinstance(node, Object) and (member := node.member(token)):
            node = member.value
        elif isinstance(node, Array) and (at := _index(token, path[:depth])) < len(node.items):
            node = node.items[at]
        else:
            raise _stale("does not exist", path[:depth])
    return node


def _index(token: str, path: Path) -> int:
    try:
        return index(token)
    except KeyError:
        raise _stale("does not exist: a list is counted from 0", path) from None


def _stale(problem: str, path: Path) -> StalePlan:
    return StalePlan(f"{join(path) or 'the document'} {problem}", hint="the file changed: plan again")

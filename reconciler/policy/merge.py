"""One tree from the files' trees, each value still with its own place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.errors import Position
from reconciler.policy.problem import Problem, below
from reconciler.policy.source import Entry, Listing, Node, Scalar, Table


_CONCATENATED = "spec.rules"


def merge(specs: Sequence[Table]) -> tuple[Table, tuple[Problem, ...]]:
    """Join the `spec`s: mappings key by key, rules one after the other; all else may be set only once."""
    problems: list[Problem] = []
    whole = replace(specs[0])
    for spec in specs[1:]:
        whole = _tables(whole, spec, "spec", problems)
    return whole, tuple(problems)


def walk(node: Node, path: str, at: Position) -> Iterator[tuple[str, Position, Node]]:
    """Yield each value below *node* with its path and the place of its key, parents first."""
    yield path, at, node
    if isinstance(node, Table):
        for key, entry in node.entries.items():
            yield from walk(entry.value, below(path, key), entry.key.at)
    elif isinstance(node, Listing):
        for index, item in enumerate(node.items):
            yield from walk(item, f"{path}[{index}]", item.at)


def _tables(first: Table, second: Table, path: str, problems: list[Problem]) -> Table:
    entries = dict(first.entries)
    for key, entry in second.entries.items():
        before = entries.get(key)
        entries[key] = _entries(before, entry, below(path, key), problems) if before else entry
    return replace(first, entries=entries)


def _entries(first: Entry, second: Entry, path: str, problems: list[Problem]) -> Entry:
    match first.value, second.value:
        case Table() as one, Table() as other:
            return first._replace(value=_tables(one, other, path, problems))
        case Listing() as one, Listing() as other if path == _CONCATENATED:
            return first._replace(value=replace(one, items=one.items + other.items))
        case Scalar(value=None), _:
            return second
        case _:
            message = f"is set at {first.key.at} already"
            problems.append(Problem(second.key.at, path, message, "keep it in one of the two places"))
            return first

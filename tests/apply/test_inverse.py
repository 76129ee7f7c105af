from __future__ import annotations

from typing import Any

import jsonpatch
import pytest

from reconciler.apply.inverse import inverse


GUARD = {"op": "test", "path": "/agents/list/0/id", "value": "main"}
DOCUMENT = {"agents": {"list": [{"id": "main", "model": "a/b"}]}}


def replaced(path: str, before: Any, after: Any) -> list[dict[str, Any]]:
    return [{"op": "test", "path": path, "value": before}, {"op": "replace", "path": path, "value": after}]


def added(path: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "add", "path": path, "value": value}]


@pytest.mark.parametrize(
    "operations",
    [
        replaced("/agents/list/0/model", "a/b", {"primary": "c/d", "fallbacks": []}),
        [GUARD, *replaced("/agents/list/0/model", "a/b", "c/d")],
        [GUARD, *added("/agents/list/0/subagents", {"model": {"primary": "c/d", "fallbacks": []}})],
        [
            *replaced("/agents/list/0/model", "a/b", "c/d"),
            GUARD,
            *added("/agents/list/0/heartbeat", {"model": "e/f"}),
            *added("/agents/defaults", {}),
        ],
    ],
)
def test_the_inverse_undoes(operations: list[dict[str, Any]]) -> None:
    changed = jsonpatch.apply_patch(DOCUMENT, operations)
    assert changed != DOCUMENT

    assert DOCUMENT == jsonpatch.apply_patch(changed, list(inverse(operations)))


def test_each_value_is_tested_before_it_is_undone() -> None:
    operations = [*replaced("/a", 1, 2), *added("/b", 3)]

    assert (
        {"op": "test", "path": "/b", "value": 3},
        {"op": "remove", "path": "/b"},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "replace", "path": "/a", "value": 1},
    ) == inverse(operations)


def test_a_guard_keeps_guarding_the_inverse() -> None:
    assert GUARD in inverse([GUARD, *replaced("/agents/list/0/model", "a/b", "c/d")])


def test_an_operation_that_no_plan_holds_is_a_bug() -> None:
    with pytest.raises(ValueError, match="never holds the operation 'move'"):
        inverse([{"op": "move", "path": "/a", "from": "/b"}])

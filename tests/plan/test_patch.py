from __future__ import annotations

from typing import Any

import jsonpatch
import pytest

from reconciler.openclaw.slot import Document, Guard, Place, Shape
from reconciler.plan.model import ChoiceText
from reconciler.plan.patch import job_document, operations
from tests.worlds import job


AFTER = ChoiceText(primary="a/new", fallbacks=("b/one", "c/two"))
WRITTEN = {"primary": "a/new", "fallbacks": ["b/one", "c/two"]}


def pair(pointer: str = "/agents/defaults/model", *guards: Guard) -> Place:
    return Place(Document.CONFIG, pointer, Shape.PAIR, None, guards)


def patched(document: Any, place: Place, after: ChoiceText = AFTER) -> tuple[list[dict[str, Any]], Any]:
    found: list[Any] = list(operations(document, place, after))
    return found, jsonpatch.apply_patch(document, found)


def test_a_text_becomes_a_model_with_its_fallbacks() -> None:
    found, after = patched({"agents": {"defaults": {"model": "a/old"}}}, pair())

    assert [
        {"op": "test", "path": "/agents/defaults/model", "value": "a/old"},
        {"op": "replace", "path": "/agents/defaults/model", "value": WRITTEN},
    ] == found
    assert {"agents": {"defaults": {"model": WRITTEN}}} == after


def test_of_an_object_only_our_two_keys_are_written() -> None:
    model = {"primary": "a/old", "timeoutMs": 5}

    found, after = patched({"agents": {"defaults": {"model": model}}}, pair())

    assert [("test", "/agents/defaults/model/primary"), ("replace", "/agents/defaults/model/primary")] == [
        (operation["op"], operation["path"]) for operation in found[:2]
    ]
    assert {"op": "add", "path": "/agents/defaults/model/fallbacks", "value": ["b/one", "c/two"]} == found[2]
    assert {**WRITTEN, "timeoutMs": 5} == after["agents"]["defaults"]["model"]


def test_what_stands_there_already_is_only_tested() -> None:
    found, _ = patched({"agents": {"defaults": {"model": WRITTEN}}}, pair())

    assert {"test"} == {operation["op"] for operation in found}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "/agents"),
        ({"agents": {}}, "/agents/entries"),
        ({"agents": {"entries": {"main": {}}}}, "/agents/entries/main/subagents"),
        ({"agents": {"entries": {"main": {"subagents": {}}}}}, "/agents/entries/main/subagents/model"),
    ],
)
def test_missing_parents_are_added_together_with_the_value(document: Any, path: str) -> None:
    found, after = patched(document, pair("/agents/entries/main/subagents/model"))

    assert [("add", path)] == [(operation["op"], operation["path"]) for operation in found]
    assert WRITTEN == after["agents"]["entries"]["main"]["subagents"]["model"]


@pytest.mark.parametrize("document", [{"a": None}, {"a": {"model": None}}])
def test_null_is_tested_before_it_is_overwritten(document: Any) -> None:
    found, after = patched(document, pair("/a/model"))

    assert ["test", "replace"] == [operation["op"] for operation in found]
    assert found[0]["value"] is None
    assert {"a": {"model": WRITTEN}} == after


def test_guards_come_first() -> None:
    place = pair("/agents/list/0/model", Guard("/agents/list/0/id", "main"))

    found, _ = patched({"agents": {"list": [{"id": "main"}]}}, place)

    assert {"op": "test", "path": "/agents/list/0/id", "value": "main"} == found[0]


def test_a_place_for_a_text_gets_the_model_alone() -> None:
    place = Place(Document.CONFIG, "/a/heartbeat/model", Shape.TEXT)

    _, after = patched({"a": {"heartbeat": {}}}, place, ChoiceText(primary="a/new"))

    assert {"a": {"heartbeat": {"model": "a/new"}}} == after


def test_an_object_where_a_text_would_do_keeps_its_other_keys() -> None:
    place = Place(Document.CONFIG, "/a/subagents/model", Shape.TEXT)
    model = {"primary": "a/old", "fallbacks": ["b/b"]}

    _, after = patched({"a": {"subagents": {"model": model}}}, place, ChoiceText(primary="a/new"))

    assert {"primary": "a/new", "fallbacks": ["b/b"]} == after["a"]["subagents"]["model"]


def test_a_job_has_model_and_fallbacks_side_by_side() -> None:
    document = job_document([job(id="j/1", model="a/old"), job(id="j2")])
    place = Place(Document.JOBS, "/jobs/j~11/payload/model", Shape.SPLIT, "/jobs/j~11/payload/fallbacks")

    found, after = patched(document, place)

    assert ["test", "replace", "add"] == [operation["op"] for operation in found]
    assert {"kind": "agentTurn", "model": "a/new", "fallbacks": ["b/one", "c/two"]} == after["jobs"]["j/1"][
        "payload"
    ]
    assert document["jobs"]["j2"] == after["jobs"]["j2"]  # type: ignore[index,call-overload]


def test_a_patch_of_a_document_that_changed_meanwhile_fails() -> None:
    found = list(operations({"agents": {"defaults": {"model": "a/old"}}}, pair(), AFTER))

    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch({"agents": {"defaults": {"model": "a/other"}}}, found)

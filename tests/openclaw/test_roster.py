from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.openclaw.roster import Layout, descriptions, normal_agent_id, read_roster


def test_entries_are_the_modern_layout_and_a_list_is_the_legacy_one() -> None:
    modern = read_roster({"agents": {"entries": {"main": {"name": "Main"}, "coder": {}}}})
    legacy = read_roster({"agents": {"list": [{"id": "main"}, {"id": "coder", "default": True}]}})

    assert Layout.MODERN is modern.layout
    assert ["/agents/entries/main", "/agents/entries/coder"] == [agent.pointer for agent in modern.agents]
    assert Layout.LEGACY is legacy.layout
    assert ["/agents/list/0", "/agents/list/1"] == [agent.pointer for agent in legacy.agents]
    assert "Main" == modern.agents[0].name


def test_no_roster_means_the_implicit_agent() -> None:
    roster = read_roster({"agents": {"defaults": {}}})

    assert Layout.NONE is roster.layout
    assert () == roster.agents
    assert "main" == roster.default_agent


def test_both_layouts_at_once_are_refused() -> None:
    with pytest.raises(ReconcilerError, match="twice") as refused:
        read_roster({"agents": {"list": [], "entries": {}}})

    assert "doctor" in refused.value.hint


@pytest.mark.parametrize("agents", [{"list": {}}, {"entries": []}, {"list": None}, {"entries": "x"}])
def test_a_roster_of_another_type_is_refused(agents: dict[str, Any]) -> None:
    with pytest.raises(ReconcilerError, match="does not list its agents"):
        read_roster({"agents": agents})


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        ({"list": [{"id": "a"}, {"id": "b", "default": True}, {"id": "c", "default": True}]}, "b"),
        ({"list": [{"id": "a"}, {"id": "b"}]}, "a"),
        ({"list": []}, None),
        ({"entries": {"a": {}, "b": {}}}, None),
        ({"entries": {"a": {}}}, "a"),
        ({"entries": {"a": {}, "b": {}}, "defaults": {"systemAgent": {"agentId": "B"}}}, "b"),
        ({"entries": {"a": {}, "b": {}}, "defaults": {"systemAgent": {"agentId": "gone"}}}, None),
    ],
)
def test_the_default_agent_is_the_marked_the_system_the_first_or_the_only_one(
    agents: dict[str, Any], expected: str | None
) -> None:
    assert expected == read_roster({"agents": agents}).default_agent


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("coder", "coder"),
        (" Writer ", "writer"),
        ("ops-night_01", "ops-night_01"),
        ("Night Ops", "night-ops"),
        ("-x-", "x"),
        ("!!!", "main"),
        ("a" * 70, "a" * 64),
    ],
)
def test_an_agent_runs_under_the_id_that_openclaw_makes_of_it(written: str, expected: str) -> None:
    assert expected == normal_agent_id(written)


def test_an_id_in_upper_case_is_kept_for_the_guard_and_reported() -> None:
    roster = read_roster({"agents": {"list": [{"id": "Writer"}]}})

    (agent,) = roster.agents
    assert ("writer", "Writer") == (agent.id, agent.written_id)
    assert ("/agents/list/0: OpenClaw runs 'Writer' as 'writer'",) == roster.problems


def test_a_broken_entry_hides_no_other_agent_and_moves_no_index() -> None:
    roster = read_roster({"agents": {"list": ["x", {"id": 7}, {"id": "b"}, {"id": "B"}]}})

    assert ["/agents/list/2"] == [agent.pointer for agent in roster.agents]
    assert 4 == len(roster.problems)


def test_an_agent_is_found_by_its_id() -> None:
    roster = read_roster({"agents": {"entries": {"a/b": {}, "c": {}}}})

    found = roster.agent("a-b")
    assert found is not None
    assert "/agents/entries/a~1b" == found.pointer
    assert roster.agent("nobody") is None


def test_an_agent_is_described_by_its_name_and_its_persona() -> None:
    entries = {
        "a": {"name": "Ada", "identity": {"name": "Samantha", "theme": "helpful sloth", "emoji": "x"}},
        "b": {"identity": 7},
    }

    assert [("a", "Ada. Samantha. helpful sloth")] == list(descriptions({"agents": {"entries": entries}}))

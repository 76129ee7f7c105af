from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.openclaw import json5
from reconciler.openclaw.choices import Document, Guard, Place, Shape, Slot, SlotKind, agent_choices, slots
from reconciler.openclaw.jobs import AtSchedule, Job
from reconciler.openclaw.version import Capabilities, capabilities, parse_version


FIXTURES = Path(__file__).parent / "fixtures" / "models"

ORACLES = [
    ("legacy-rich", "expected-models.2026.2.9.json", "2026.2.9"),
    ("legacy-rich", "expected-models.2026.3.1.json", "2026.3.1"),
    ("legacy-rich", "expected-models.2026.9.6.json", "2026.9.6"),
    ("modern-rich", "expected-models.json", "2026.9.6"),
]


def caps(version: str) -> Capabilities:
    return capabilities(parse_version(version))


def config_of(name: str) -> Any:
    return json5.plain(json5.parse((FIXTURES / name / "openclaw.json").read_text(encoding="utf-8")))


def oracle_cases() -> list[Any]:
    return [
        pytest.param(home, version, agent, expected, id=f"{home}-{version}-{agent}")
        for home, oracle, version in ORACLES
        for agent, expected in json.loads((FIXTURES / home / oracle).read_text(encoding="utf-8"))[
            "agents"
        ].items()
    ]


@pytest.mark.parametrize(("home", "version", "agent", "expected"), oracle_cases())
def test_each_agent_runs_what_openclaw_itself_says(
    home: str, version: str, agent: str, expected: dict[str, Any]
) -> None:
    found = agent_choices(config_of(home), caps(version))[agent]

    choice = found.choice
    assert choice is not None
    source = {f"agent/{agent}": "agent", "defaults": "defaults"}
    assert expected["defaultModel"] == choice.primary.written
    assert expected["resolvedDefault"] == str(choice.primary)
    assert expected["fallbacks"] == [fallback.written for fallback in choice.fallbacks]
    assert expected["modelConfig"] == {
        "defaultSource": source[found.source],
        "fallbacksSource": source[found.fallbacks_source],
    }


def test_every_agent_of_the_rich_homes_has_an_answer() -> None:
    legacy, modern = config_of("legacy-rich"), config_of("modern-rich")

    assert 8 == len(agent_choices(legacy, caps("2026.3.1")))
    assert 9 == len(agent_choices(modern, caps("2026.9.6")))


def job(**changes: Any) -> Job:
    plain = Job(
        id="j1",
        name="Digest",
        enabled=True,
        agent_id="writer",
        effective_agent_id=None,
        declaration_key=None,
        session_target="isolated",
        schedule=AtSchedule("2027-01-15T09:00:00Z"),
        payload_kind="agentTurn",
        message="private words",
        model=None,
        fallbacks=None,
        thinking=None,
        timeout_seconds=None,
        tools=None,
        delete_after_run=False,
        config_revision=None,
        digest="sha256:x",
    )
    return replace(plain, **changes)


def host(
    agent: object = None,
    *,
    shared: object = None,
    sub: object = None,
    agent_sub: object = None,
    **more: object,
) -> dict[str, Any]:
    """A host with one agent; each value is left out where it is None."""
    defaults = {"model": shared, "subagents": sub and {"model": sub}, **more}
    writer = {"id": "writer", "model": agent, "subagents": agent_sub and {"model": agent_sub}}
    return {
        "agents": {
            "defaults": {key: value for key, value in defaults.items() if value is not None},
            "list": [{key: value for key, value in writer.items() if value is not None}],
        }
    }


def runs(config: dict[str, Any], version: str, **changes: Any) -> str:
    """Write what a job runs on as one line: the model, its fallbacks, where the model was written."""
    *_, found = slots(config, [job(**changes)], caps(version))
    assert found.effective is not None
    return " > ".join(map(str, (found.effective.primary, *found.effective.fallbacks))) + f" [{found.source}]"


DEFAULTS = {"primary": "x/d-primary", "fallbacks": ["x/d-fall"]}
STRICT = {"primary": "x/w-primary", "fallbacks": []}

ORDER = [
    # what is written                                            2.9, 3.1, 9.6
    ({"agent": STRICT, "agent_sub": "x/w-sub"}, {"model": "x/job"}, ("job", "job", "job")),
    ({"agent": STRICT, "agent_sub": "x/w-sub"}, {}, ("w-primary", "w-sub", "w-sub")),
    ({"agent": STRICT, "sub": "x/d-sub"}, {}, ("w-primary", "d-sub", "d-sub")),
    ({"agent": STRICT, "sub": "x/d-sub", "agent_sub": "x/w-sub"}, {}, ("w-primary", "w-sub", "w-sub")),
    ({"agent": STRICT}, {}, ("w-primary", "w-primary", "w-primary")),
    ({}, {}, ("d-primary", "d-primary", "d-primary")),
]


@pytest.mark.parametrize(("written", "payload", "expected"), ORDER)
def test_an_isolated_job_takes_its_model_in_the_order_of_its_version(
    written: dict[str, Any], payload: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    config = host(**written, shared=DEFAULTS)

    found = tuple(
        runs(config, version, **payload).split()[0] for version in ("2026.2.9", "2026.3.1", "2026.9.6")
    )

    assert tuple(f"x/{name}" for name in expected) == found


FALLBACKS = [
    ("a text as the agent's model", {"agent": "x/w"}, {}, "x/w [agent/writer]"),
    ("a primary alone", {"agent": {"primary": "x/w"}}, {}, "x/w [agent/writer]"),
    ("a text for sub-agents", {"agent": "x/w", "sub": "x/s"}, {}, "x/s [defaults/subagents]"),
    (
        "a pair for sub-agents",
        {"agent": "x/w", "agent_sub": {"primary": "x/s", "fallbacks": ["x/t"]}},
        {},
        "x/s > x/t [agent/writer/subagents]",
    ),
    (
        "a job's model, agent strict",
        {"agent": {"primary": "x/w", "fallbacks": []}},
        {"model": "x/j"},
        "x/j [job/Digest]",
    ),
    ("a job's model, agent a text", {"agent": "x/w"}, {"model": "x/j"}, "x/j [job/Digest]"),
    ("a job's model, agent without one", {}, {"model": "x/j"}, "x/j > x/d-fall [job/Digest]"),
    ("a job's own list", {"agent": "x/w"}, {"model": "x/j", "fallbacks": ("x/k",)}, "x/j > x/k [job/Digest]"),
    ("a job's empty list", {}, {"model": "x/j", "fallbacks": ()}, "x/j [job/Digest]"),
    (
        "an agent that repeats the default",
        {"agent": "x/d-primary"},
        {},
        "x/d-primary > x/d-fall [agent/writer]",
    ),
]


@pytest.mark.parametrize(
    ("written", "payload", "expected"), [pytest.param(*c[1:], id=c[0]) for c in FALLBACKS]
)
def test_a_job_on_2026_9_6_falls_back_as_measured(
    written: dict[str, Any], payload: dict[str, Any], expected: str
) -> None:
    assert expected == runs(host(**written, shared=DEFAULTS), "2026.9.6", **payload)


def test_a_job_on_2026_3_22_falls_back_silently_to_its_agent() -> None:
    config = host("anthropic/opus", shared=DEFAULTS)

    found = runs(config, "2026.3.22", model="zai/cheap")

    assert "zai/cheap > anthropic/opus [job/Digest]" == found


def test_a_jobs_own_list_keeps_2026_3_22_from_the_agents_model() -> None:
    config = host("anthropic/opus", shared=DEFAULTS)

    found = runs(config, "2026.3.22", model="zai/cheap", fallbacks=("zai/other",))

    assert "zai/cheap > zai/other [job/Digest]" == found


def test_an_agents_own_list_serves_its_jobs_on_2026_3_22() -> None:
    config = host({"primary": "anthropic/opus", "fallbacks": ["x/own"]}, shared=DEFAULTS)

    assert "zai/cheap > x/own [job/Digest]" == runs(config, "2026.3.22", model="zai/cheap")


def test_a_job_of_the_agents_provider_keeps_the_defaults_fallbacks_on_2026_3_22() -> None:
    config = host("x/w", shared=DEFAULTS)

    assert "x/j > x/d-fall > x/w [job/Digest]" == runs(config, "2026.3.22", model="x/j")


def test_a_forbidden_model_for_sub_agents_is_silently_skipped() -> None:
    config = host("x/w", sub="y/forbidden", modelPolicy={"allow": ["x/*"]})

    assert "x/w [agent/writer]" == runs(config, "2026.9.6")


def test_a_forbidden_job_model_fails_on_2026_9_6_and_is_replaced_on_2026_3_1() -> None:
    now = host("x/w", modelPolicy={"allow": ["x/*"]})
    early = host("x/w", shared={"primary": "x/d", "fallbacks": []}, models={"x/w": {}})

    assert "y/j [job/Digest]" == runs(now, "2026.9.6", model="y/j")
    assert "x/w [agent/writer]" == runs(early, "2026.3.1", model="y/j")
    assert "y/j > x/w [job/Digest]" == runs(early, "2026.2.9", model="y/j")


def test_a_system_event_runs_on_the_heartbeats_model_and_takes_none_of_its_own() -> None:
    config = host("x/w", heartbeat={"model": "x/beat"})

    *_, slot = slots(config, [job(payload_kind="systemEvent")], caps("2026.9.6"))

    assert slot.place is None
    assert slot.configured is None
    assert ("x/beat", "defaults/heartbeat") == (str(slot.effective and slot.effective.primary), slot.source)


@pytest.mark.parametrize("kind", ["command", "script", "heartbeat"])
def test_a_job_that_calls_no_model_has_no_slot(kind: str) -> None:
    found = slots(host("x/w"), [job(payload_kind=kind)], caps("2026.9.6"))

    assert SlotKind.JOB not in {slot.kind for slot in found}


def test_a_bare_job_model_belongs_to_the_agents_provider() -> None:
    assert "zai/glm" == runs(host("zai/big"), "2026.9.6", model="glm").split()[0]


def test_nothing_written_means_the_first_model_of_the_first_provider() -> None:
    config = {"models": {"providers": {"lmstudio": {"models": [{"id": "gemma", "name": "G"}]}}}}

    (slot,) = slots(config, [], caps("2026.9.6"))

    assert ("lmstudio/gemma", "first-model") == (str(slot.effective and slot.effective.primary), slot.source)


def test_a_model_set_aside_for_utility_work_is_not_the_first_model() -> None:
    config = {
        "meta": {"migrations": {"utilityModelSeparation": True}},
        "models": {"providers": {"lmstudio": {"models": [{"id": "small"}, {"id": "gemma"}]}}},
        "agents": {"defaults": {"utilityModel": "lmstudio/small"}},
    }

    (slot,) = slots(config, [], caps("2026.9.6"))

    assert "lmstudio/gemma" == str(slot.effective and slot.effective.primary)


def test_a_default_built_into_openclaw_is_not_guessed() -> None:
    (slot,) = slots({}, [], caps("2026.9.6"))

    assert slot.effective is None
    assert "built-in" == slot.source


def test_an_early_default_of_a_configured_provider_is_not_guessed() -> None:
    config = {
        "models": {
            "providers": {"zai": {"models": [{"id": "glm"}]}, "anthropic": {"models": [{"id": "opus"}]}}
        }
    }

    (slot,) = slots(config, [], caps("2026.3.22"))

    assert slot.effective is None


def by_address(found: tuple[Slot, ...]) -> dict[str, Slot]:
    return {slot.address: slot for slot in found}


def test_a_modern_home_shows_all_its_slots_with_their_places() -> None:
    found = by_address(slots(config_of("modern-rich"), [], caps("2026.9.6")))

    assert 3 + 9 * 3 == len(found)
    assert Place(Document.CONFIG, "/agents/entries/coder/model", Shape.PAIR) == found["agent/coder"].place
    assert "/agents/entries/coder/subagents/model" == place_of(found["agent/coder/subagents"]).pointer
    assert "/agents/defaults/heartbeat/model" == place_of(found["defaults/heartbeat"]).pointer
    assert Shape.TEXT is place_of(found["agent/triage/heartbeat"]).shape
    assert "local-small" == found["agent/triage"].configured
    assert found["agent/main"].configured is None


def place_of(slot: Slot) -> Place:
    assert slot.place is not None
    return slot.place


def test_a_legacy_place_is_guarded_by_the_agents_id() -> None:
    found = by_address(slots(config_of("legacy-rich"), [], caps("2026.3.1")))

    place = place_of(found["agent/coder"])
    assert "/agents/list/3/model" == place.pointer
    assert (Guard("/agents/list/3/id", "coder"),) == place.guards


def test_a_heartbeat_is_not_started_by_writing_its_model() -> None:
    """An agent with a heartbeat object of its own beats, and on early versions stops all others."""
    found = by_address(slots(config_of("legacy-rich"), [], caps("2026.3.1")))

    assert found["agent/main/heartbeat"].place is None
    assert "defaults/heartbeat" == found["agent/main/heartbeat"].source
    assert "/agents/list/6/heartbeat/model" == place_of(found["agent/triage/heartbeat"]).pointer


def test_a_place_names_the_objects_that_have_to_be_added_first() -> None:
    found = by_address(slots(host("x/w"), [], caps("2026.3.1")))
    (empty,) = slots({}, [], caps("2026.9.6"))

    assert ("/agents/list/0/subagents",) == place_of(found["agent/writer/subagents"]).missing
    assert ("/agents", "/agents/defaults") == place_of(empty).missing


def test_a_job_says_what_is_written_and_where() -> None:
    config = host("x/w")
    own = job(id="a/b", model="x/j", fallbacks=())

    *_, now = slots(config, [own], caps("2026.9.6"))
    *_, early = slots(config, [own], caps("2026.3.22"))

    assert {"model": "x/j", "fallbacks": []} == now.configured
    assert (
        Place(Document.JOBS, "/jobs/a~1b/payload/model", Shape.SPLIT, "/jobs/a~1b/payload/fallbacks")
        == now.place
    )
    assert Place(Document.JOBS, "/jobs/a~1b/payload/model", Shape.TEXT) == early.place


@pytest.mark.parametrize(
    "name", ["", " padded", "two\nlines", "\x1b[31mred", "right\u200fto left", "x" * 101, "twin", "j3"]
)
def test_a_job_without_a_clear_name_is_addressed_by_its_id(name: str) -> None:
    jobs = [job(id="j1", name=name), job(id="j2", name="twin"), job(id="j3", name="Other")]

    found = [slot.address for slot in slots({}, jobs, caps("2026.9.6")) if slot.kind is SlotKind.JOB]

    assert "job/j1" == found[0]
    assert "job/Other" == found[2]
    assert 3 == len(set(found))


def test_a_job_runs_as_the_agent_that_the_gateway_names() -> None:
    config = config_of("modern-rich")

    *_, told = slots(config, [job(agent_id=None, effective_agent_id="coder")], caps("2026.9.6"))
    *_, untold = slots(config, [job(agent_id=None)], caps("2026.9.6"))
    *_, stranger = slots(config, [job(agent_id="gone")], caps("2026.9.6"))

    assert ("coder", "main", "gone") == (told.agent_id, untold.agent_id, stranger.agent_id)
    assert "defaults/subagents" == stranger.source


def test_openclaws_own_jobs_are_marked() -> None:
    *_, slot = slots({}, [job(declaration_key="skill-collection-review:main")], caps("2026.9.6"))

    assert slot.system_owned


def test_sub_agents_inherit_from_the_defaults_and_then_from_their_agent() -> None:
    found = by_address(slots(config_of("modern-rich"), [], caps("2026.9.6")))
    bare = by_address(slots(host("x/w"), [], caps("2026.9.6")))

    shared = found["agent/writer/subagents"]
    assert "defaults/subagents" == shared.source
    assert shared.effective is not None
    assert "openai/gpt-5.4-mini" == str(shared.effective.primary)
    assert ["ollama/qwen3:8b"] == [str(ref) for ref in shared.effective.fallbacks]
    assert "agent/writer" == bare["agent/writer/subagents"].source


def test_a_bare_fallback_belongs_to_its_primary_and_not_to_who_configures_it() -> None:
    config = host({"primary": "zai/glm", "fallbacks": ["gemma"]})
    config["models"] = {"providers": {"lmstudio": {"models": [{"id": "gemma"}]}}}

    assert "zai/glm > zai/gemma [agent/writer]" == runs(config, "2026.9.6")


def test_jobs_that_differ_in_one_word_are_not_taken_for_the_same() -> None:
    config = {"agents": {"entries": {"a": {"model": "x/a"}, "b": {"model": "x/b"}}}}
    jobs = [
        job(id="1", name="1", agent_id="a"),
        job(id="2", name="2", agent_id="b"),
        job(id="3", name="3", agent_id="a", model="x/j"),
        job(id="4", name="4", agent_id="a", model="x/j", fallbacks=("x/k",)),
    ]

    found = by_address(slots(config, jobs, caps("2026.9.6")))

    choices = [found[f"job/{name}"].effective for name in "1234"]
    assert ["x/a", "x/b", "x/j", "x/j"] == [str(choice.primary) for choice in choices if choice]
    assert [(), (), (), ("x/k",)] == [tuple(map(str, choice.fallbacks)) for choice in choices if choice]
    assert "job/4" == found["job/4"].fallbacks_source

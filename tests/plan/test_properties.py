"""What holds for every host and every policy."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply.inverse import inverse
from reconciler.assign.subject import subjects
from reconciler.errors import Position
from reconciler.facts.model import Facts, JobFacts
from reconciler.plan.make import make_plan, owners_catalog
from reconciler.plan.model import Plan
from reconciler.plan.order import decide_in_order
from reconciler.plan.patch import job_document
from reconciler.plan.verify import read_plan, write_plan
from reconciler.policy.document import Fallbacks
from reconciler.policy.model import Match, Placed, Policy, Rule, When
from tests.worlds import (
    CODING,
    CREATIVE,
    DEEPSEEK,
    EARLY,
    FLASH,
    GPT,
    HAIKU,
    LOCAL,
    MINI,
    OPUS,
    REASONING,
    SIMPLE,
    config,
    facts,
    job,
    policy,
    reading,
)


REFS = st.sampled_from([OPUS, HAIKU, GPT, MINI, FLASH, DEEPSEEK, LOCAL])
WRITTEN = REFS | st.sampled_from(["opus", "local", "mistral/unheard-of-9", "gpt-5.4", f"{HAIKU}@work"])
PAIRS = st.fixed_dictionaries({}, optional={"primary": WRITTEN, "fallbacks": st.lists(WRITTEN, max_size=3)})
MODELS = WRITTEN | PAIRS
VERSIONS = st.sampled_from(["2026.2.9", EARLY, "2026.4.29", "2026.6.1", "2026.6.9", "2026.9.6", None])
SLOTS = st.sampled_from(
    ["defaults", "agent/*", "agent/coder", "*/heartbeat", "*/subagents", "job/*", "job/Job 1"]
)
PATTERNS = REFS | st.sampled_from(["anthropic/*", "openai/*", "ollama/*", "*flash*"])


HERE = Position("policy.yaml", 3, 5)
PLACED = PATTERNS.map(lambda text: Placed(text, HERE))
TASKS = st.sampled_from(["coding", "reasoning", "creative", "simple"])
TIGHT = When(provider="anthropic", used_above=Decimal("0.5"))
RULES = st.builds(
    Rule,
    name=st.just("a rule"),
    at=st.just(HERE),
    match=st.builds(Match, slot=st.none() | SLOTS, task=st.none() | TASKS),
    when=st.sampled_from([None, TIGHT]),
    pin=st.none() | REFS.map(lambda text: Placed(text, HERE)),
    allow=st.none() | st.lists(PLACED, min_size=1, max_size=2).map(tuple),
    deny=st.none() | st.lists(PLACED, max_size=2).map(tuple),
    protect=st.sampled_from([None, None, True, False]),
    task=st.none() | TASKS,
)
BASE = policy()


def with_rules(rules: list[Rule], objective: Any, preference: Any, fallbacks: Fallbacks) -> Policy:
    return replace(
        BASE, rules=tuple(rules), objective=objective, local_model_preference=preference, fallbacks=fallbacks
    )


def policies() -> st.SearchStrategy[Policy]:
    """Generate policies; a pin that the same rules forbid is left to the linter."""
    return st.builds(
        with_rules,
        st.lists(RULES, max_size=3),
        st.sampled_from(["frugal", "best-fit"]),
        st.sampled_from(["never", "simple-only", "when-available", "prefer"]),
        st.builds(Fallbacks, count=st.integers(0, 3), distinct_providers=st.booleans()),
    )


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    settings = st.fixed_dictionaries(
        {},
        optional={
            "model": MODELS,
            "heartbeat": st.fixed_dictionaries({"every": st.just("30m")}, optional={"model": WRITTEN}),
            "subagents": st.fixed_dictionaries({}, optional={"model": MODELS}),
        },
    )
    found = config(draw(MODELS))
    defaults = found["agents"]["defaults"] | draw(settings)
    defaults["models"] = {**defaults["models"], OPUS: {"alias": "opus"}, LOCAL: {"alias": "local"}}
    agents = {"main": {"default": True, **draw(settings)}, "coder": draw(settings)}
    if draw(st.booleans()):
        found["agents"] = {"defaults": defaults, "entries": agents}
    else:
        found["agents"] = {"defaults": defaults, "list": [{"id": name, **it} for name, it in agents.items()]}
        del found["meta"]
    return found


@st.composite
def jobs(draw: st.DrawFn) -> JobFacts:
    return job(
        prompt=draw(st.sampled_from([CODING, REASONING, CREATIVE, SIMPLE])),
        agent_id=draw(st.sampled_from(["main", "coder", None])),
        model=draw(st.none() | WRITTEN),
        fallbacks=draw(st.none() | st.lists(WRITTEN, max_size=2).map(tuple)),
        enabled=draw(st.booleans()) or draw(st.booleans()),
    )


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    used = st.none() | st.sampled_from(["0.3", "0.6", "0.97"])
    found = draw(st.lists(jobs(), max_size=4))
    return facts(
        *(it.model_copy(update={"id": f"j/{n}", "name": f"Job {n}"}) for n, it in enumerate(found)),
        config=draw(configurations()),
        version=draw(VERSIONS),
        readings=(reading("anthropic", draw(used)), reading("google", draw(used))),
    )


def documents(known: Facts) -> dict[str, Any]:
    return deepcopy({"openclaw.json": known.host.config, **job_document(known.host.jobs)})


def patched(known: Facts, plan: Plan) -> dict[str, Any]:
    found = documents(known)
    by_job = jsonpatch.apply_patch({"jobs": found["jobs"]}, list(plan.patches.jobs))
    return {
        "openclaw.json": jsonpatch.apply_patch(found["openclaw.json"], list(plan.patches.config)),
        **by_job,
    }


def applied(known: Facts, plan: Plan) -> Facts:
    """Return the facts as they are after the plan, all else unchanged."""
    found = patched(known, plan)
    payloads = {job_id: it["payload"] for job_id, it in found["jobs"].items()}
    done = [
        it.model_copy(
            update={
                "model": payloads[it.id].get("model"),
                "fallbacks": tuple(payloads[it.id]["fallbacks"]) if "fallbacks" in payloads[it.id] else None,
            }
        )
        for it in known.host.jobs
    ]
    host = known.host.model_copy(update={"config": found["openclaw.json"], "jobs": tuple(done)})
    return known.model_copy(update={"host": host})


def without_choices(known: Facts) -> Any:
    """Return the documents without any model or list of fallbacks, and without what only held one."""

    def pruned(value: Any) -> Any:
        if isinstance(value, list):
            return [pruned(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {key: pruned(item) for key, item in value.items() if key not in {"model", "fallbacks"}}
        return {
            key: item for key, item in kept.items() if item != {} or key not in {"heartbeat", "subagents"}
        }

    return pruned(documents(known))


@given(worlds(), policies())
def test_an_applied_plan_gives_each_planned_slot_what_it_says(known: Facts, owner: Policy) -> None:
    plan = make_plan(owner, known)

    after = {subject.slot.address: subject.slot.effective for subject in subjects(applied(known, plan).host)}

    for change in plan.changes:
        now = after[change.address]
        assert now is not None
        assert change.after.primary == str(now.primary)
        if change.after.fallbacks is not None:
            assert list(change.after.fallbacks) == [str(ref) for ref in now.fallbacks]


@given(worlds(), policies())
def test_a_plan_writes_models_and_fallbacks_of_planned_slots_and_nothing_else(
    known: Facts, owner: Policy
) -> None:
    plan = make_plan(owner, known)
    planned = {change.address for change in plan.changes}
    after = applied(known, plan)

    assert without_choices(known) == without_choices(after)
    for was, now in zip(subjects(known.host), subjects(after.host), strict=True):
        if was.slot.address not in planned:
            assert was.slot.configured == now.slot.configured


@given(worlds(), policies())
def test_an_applied_plan_leaves_nothing_to_plan(known: Facts, owner: Policy) -> None:
    plan = make_plan(owner, known)

    assert () == make_plan(owner, applied(known, plan)).changes


@given(worlds(), policies())
def test_the_inverse_undoes_a_plan_exactly(known: Facts, owner: Policy) -> None:
    plan = make_plan(owner, known)
    found = patched(known, plan)

    undone = {
        "openclaw.json": jsonpatch.apply_patch(found["openclaw.json"], list(inverse(plan.patches.config))),
        **jsonpatch.apply_patch({"jobs": found["jobs"]}, list(inverse(plan.patches.jobs))),
    }

    assert documents(known) == undone


@given(worlds(), policies())
def test_every_operation_that_overwrites_is_preceded_by_a_test(known: Facts, owner: Policy) -> None:
    plan = make_plan(owner, known)

    for operations in (plan.patches.config, plan.patches.jobs):
        tested = {operation["path"] for operation in operations if operation["op"] == "test"}
        assert {"test", "replace", "add"} >= {operation["op"] for operation in operations}
        assert tested >= {operation["path"] for operation in operations if operation["op"] == "replace"}


@given(worlds(), policies())
def test_no_slot_is_given_what_its_rules_forbid(known: Facts, owner: Policy) -> None:
    """A pin is the owner's own word against his own; everything else obeys."""
    wanted = decide_in_order(owner, known, owners_catalog(owner))

    for decision in wanted.decisions:
        if decision.choice and decision.ruling:
            chosen = [*decision.choice[1], *([] if decision.ruling.pin else [decision.choice[0]])]
            assert [None] * len(chosen) == [decision.ruling.objection(ref) for ref in chosen]


@given(worlds(), policies())
def test_every_plan_can_be_written_and_read(known: Facts, owner: Policy) -> None:
    plan = make_plan(owner, known)

    assert plan == read_plan(write_plan(plan), name="plan.json")
    assert (
        plan.summary.slots
        == plan.summary.changes + plan.summary.kept + plan.summary.left_alone + plan.summary.stuck
    )

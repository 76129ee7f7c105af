from __future__ import annotations

from typing import Any

import pytest

from reconciler.facts.model import HostModel
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.render.text import plan_text
from tests.worlds import (
    CODING,
    CREATIVE,
    EARLY,
    GPT,
    HAIKU,
    LOCAL,
    MINI,
    OPUS,
    config,
    facts,
    job,
    plan_of,
    policy,
)


HOSTILE = "\x1b[31mred \u202e\u200b" + "very long " * 30 + "\r\nerror: all is lost"


def rows(plan: Plan, **options: Any) -> list[str]:
    return plan_text(plan, **options).splitlines()


def crowded() -> Plan:
    """Make a plan that has something of everything, with hostile words wherever the world may put them."""
    known = facts(
        job("a rather long name of a job that goes on and on until it does not fit into one line"),
        job(HOSTILE),
        job("Build", CODING, model=MINI),
        job("Story", CREATIVE, model=f"acme/{HOSTILE}"),
        config=config({"primary": OPUS, "fallbacks": [GPT, f"x/{HOSTILE}"]}),
        version=EARLY,
        models=(HostModel(ref=LOCAL), HostModel(ref=HAIKU, available=False, reason=HOSTILE)),
        label=HOSTILE,
    ).model_copy(update={"problems": (HOSTILE,)})
    return make_plan(policy("qualityThresholds: {coding: 1}\nsafety: {maxChanges: 0}"), known)


@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_longer_than_the_terminal(*, verbose: bool) -> None:
    text = plan_text(crowded(), verbose=verbose)

    assert [] == [line for line in text.splitlines() if len(line) > 80 and " " in line.strip()[15:]]


def test_nothing_that_moves_the_cursor_reaches_the_terminal() -> None:
    lines = plan_text(crowded(), verbose=True).split("\n")

    assert all(line.isprintable() for line in lines)
    assert [] == [line for line in lines if line.startswith("error:")]


def test_a_text_that_goes_on_for_ever_is_cut() -> None:
    known = facts(job(), config=config(), label="x " * 100_000)

    assert len(plan_text(make_plan(policy(), known))) < 5_000


def test_a_change_is_told_with_its_reasons() -> None:
    rule = f"rules: [{{name: mine, match: {{job: Digest}}, pin: {HAIKU}}}]"

    lines = rows(plan_of(job(), spec=rule))

    assert "  ~ job/Digest" in lines
    at = lines.index(f"      model      {OPUS} (from defaults) →")
    assert f"                 {HAIKU}" == lines[at + 1]
    assert "      because    pinned by the policy" in lines
    assert any(line.startswith("      task       simple, low difficulty, confidence 0.") for line in lines)
    assert "1 to change, 0 kept, 4 left alone, of 5 slots." == lines[-1]


def test_fallbacks_are_told_where_they_change() -> None:
    lines = rows(plan_of(job(model=LOCAL)))

    assert f"      model      {LOCAL}, unchanged" in lines
    assert "      fallbacks  none → google/gemini-3.6-flash," in lines


def test_three_rejected_candidates_are_told_and_with_verbose_all() -> None:
    plan = plan_of(job())

    short, long = rows(plan), rows(plan, verbose=True)

    assert "                 and 3 more, see --verbose" in short
    assert all(any(ref in line for line in long) for ref in (GPT, MINI, OPUS, HAIKU))


def test_the_name_of_a_job_is_told_where_its_address_does_not_say_it() -> None:
    twins = (job("Digest", id="1"), job("Digest", id="2"))

    assert 2 == rows(plan_of(*twins)).count("      name       Digest")


def test_a_change_that_cannot_be_undone_is_marked() -> None:
    text = plan_text(
        plan_of(
            job(), version=EARLY, config={**config(), "agents": {"defaults": config()["agents"]["defaults"]}}
        )
    )

    assert "careful    this host cannot put the old state back exactly" in text


def test_a_tripped_belt_is_told_before_the_summary() -> None:
    lines = rows(plan_of(job(), spec="safety: {maxChanges: 0}"))

    assert "refused by too-many-changes: 1 changes, safety.maxChanges is 0" == lines[-2]


def test_what_is_stuck_is_a_warning_and_what_is_left_only_with_verbose() -> None:
    plan = plan_of(
        job("Stuck", CODING, model=MINI),
        job("Unknown", model="acme/best"),
        spec="qualityThresholds: {coding: 1}",
    )

    assert any(line.startswith("  warning: job/Stuck: ") for line in rows(plan))
    assert not any("job/Unknown" in line for line in rows(plan))
    assert any(line.startswith("  info: job/Unknown: ") for line in rows(plan, verbose=True))
    assert rows(plan)[-1].startswith("No changes, 0 kept, ")

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.assign.candidate import Candidate
from reconciler.assign.cost import USUAL_LOAD
from reconciler.assign.need import Need, doubt, exhausted, need_of, shortcoming
from reconciler.facts.model import UsageFacts
from reconciler.policy.document import LocalPreference, Tier
from reconciler.tasks.classify import Task
from tests.worlds import policy, reading


TWO_LOGINS = """
providers:
  google:
    quotaSource: api
    accounts: [{name: home, credentialsPath: a.json}, {name: work, credentialsPath: b.json}]
"""


def candidate(
    score: str | None = "0.8",
    *,
    tier: Tier | None = "standard",
    context: int | None = 100_000,
    blocked: str | None = None,
) -> Candidate:
    scores = {"coding": Decimal(score), "simple": Decimal(score)} if score else {}
    return Candidate("a/b", "a", tier, 50, None, scores, context, blocked)


CODING = Need("coding", Decimal("0.8"), 20_000)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (candidate(), None),
        (candidate("0.79"), "too weak for coding by 0.01 (0.79 < 0.8)"),
        (candidate(None), "its coding score is unknown"),
        (candidate(context=19_999), "context 19k < 20k"),
        (candidate(context=20_000), None),
        (candidate(context=None), None),
        (candidate(blocked="no login"), "no login"),
    ],
)
def test_a_candidate_is_told_what_it_lacks(who: Candidate, reason: str | None) -> None:
    assert reason == shortcoming(who, CODING, preference="simple-only")


@pytest.mark.parametrize(
    ("preference", "kind", "does"),
    [
        ("never", "simple", False),
        ("simple-only", "simple", True),
        ("simple-only", "coding", False),
        ("when-available", "coding", True),
        ("prefer", "coding", True),
    ],
)
def test_local_models_do_what_the_owner_lets_them(
    preference: LocalPreference, kind: str, *, does: bool
) -> None:
    need = Need(kind, Decimal("0.4"), 20_000)  # type: ignore[arg-type]

    reason = shortcoming(candidate(tier="local"), need, preference=preference)

    assert does == (reason is None)
    assert reason in {None, f"local, and localModelPreference is {preference}"}


def test_the_need_has_room_for_the_prompt_and_what_comes_on_top() -> None:
    assert Need("simple", Decimal("0.4"), 16_000, load=USUAL_LOAD.rounded()) == need_of(
        Task("simple", ()), policy()
    )
    assert 20_000 == need_of(Task("simple", (), tokens=1), policy()).context
    assert 20_000 == need_of(Task("simple", (), tokens=4_000), policy()).context
    assert 28_000 == need_of(Task("simple", (), tools=True), policy()).context


def test_a_context_that_was_measured_counts_where_it_is_larger_than_the_reserve() -> None:
    usage = UsageFacts(days=7, runs=3, requests=3, largest_request=90_001)
    small = usage.model_copy(update={"largest_request": 5_000})

    assert 92_000 == need_of(Task("simple", ()), policy(), usage=usage).context
    assert 16_000 == need_of(Task("simple", ()), policy(), usage=small).context


def test_a_job_of_pictures_takes_no_model_that_is_known_to_take_text_alone() -> None:
    need = replace(CODING, vision=True)

    assert "takes no pictures" == shortcoming(
        replace(candidate(), inputs=("text",)), need, preference="never"
    )
    assert shortcoming(replace(candidate(), inputs=("text", "image")), need, preference="never") is None
    assert shortcoming(candidate(), need, preference="never") is None


@pytest.mark.parametrize(
    ("confidence", "score", "sure"),
    [
        ("0.9", "0.8", True),
        ("0.3", "0.8", True),
        ("0.2", "0.8", False),
        ("0.2", "0.81", True),
        ("0", "0.82", False),
        ("0", "0.83", True),
    ],
)
def test_a_score_of_low_confidence_has_to_clear_the_threshold_by_more(
    confidence: str, score: str, *, sure: bool
) -> None:
    unsure = replace(candidate(score), confidence={"coding": Decimal(confidence)})

    assert sure == (doubt(unsure, CODING) is None)


def test_a_job_of_tools_takes_no_model_that_cannot_use_them() -> None:
    need = replace(CODING, tools=True)

    why = shortcoming(replace(candidate(), tools=False), need, preference="never")
    assert "the host says that it cannot use tools" == why
    assert shortcoming(candidate(), need, preference="never") is None


def test_the_model_in_the_slot_has_shown_that_it_takes_what_it_is_given() -> None:
    blind, need = replace(candidate(), inputs=("text",)), replace(CODING, vision=True)

    assert shortcoming(blind, need, preference="never", settled=True) is None
    assert shortcoming(candidate("0.79"), need, preference="never", settled=True)


def test_a_task_in_doubt_is_no_work_for_a_local_model_of_simple_things() -> None:
    doubtful = Task("simple", (), confidence=Decimal("0.59"), rival="creative")
    sure = replace(doubtful, confidence=Decimal("0.6"))
    local = candidate("0.9", tier="local")

    why = shortcoming(local, need_of(doubtful, policy()), preference="simple-only")
    assert "local, and whether the task is simple is in doubt" == why
    assert shortcoming(local, need_of(sure, policy()), preference="simple-only") is None
    assert shortcoming(local, need_of(doubtful, policy()), preference="when-available") is None


def test_the_threshold_is_the_owners() -> None:
    strict = policy("qualityThresholds: {coding: 0.95}")

    assert Decimal("0.95") == need_of(Task("coding", ()), strict).threshold


def test_a_window_at_the_critical_share_keeps_new_work_away() -> None:
    readings = (reading("anthropic", "0.95"), reading("openai", "0.9499"))

    assert {"anthropic": "weekly window is 95% used"} == exhausted(readings, policy())


def test_one_full_window_of_several_is_enough() -> None:
    readings = (reading("openai", "0.1", window="5-hour"), reading("openai", "1.2"))

    assert {"openai": "weekly window is 120% used"} == exhausted(readings, policy())


def test_an_unknown_reading_never_keeps_anything_away() -> None:
    assert {} == exhausted((reading("anthropic", None),), policy())


def test_a_window_of_one_model_does_not_exhaust_the_provider() -> None:
    assert {} == exhausted((reading("anthropic", "1", window="weekly:opus"),), policy())


def test_a_provider_with_several_logins_is_exhausted_when_each_of_them_is() -> None:
    logins = policy(providers=TWO_LOGINS)
    home, work = reading("google", "1", account="home"), reading("google", "0.99", account="work")

    assert {"google": "weekly window is 100% used"} == exhausted((home, work), logins)
    assert {} == exhausted((home, reading("google", "0.2", account="work")), logins)
    assert {} == exhausted((home, reading("google", None, account="work")), logins)


def test_a_login_that_nobody_could_read_is_not_exhausted() -> None:
    logins = policy(providers=TWO_LOGINS)

    assert {} == exhausted((reading("google", "1", account="home"),), logins)


def test_the_critical_share_is_the_owners() -> None:
    careful = policy("warningThreshold: 0.4\ncriticalThreshold: 0.5")

    assert {"openai": "weekly window is 50% used"} == exhausted((reading("openai", "0.5"),), careful)

"""What one slot means for the quotas that all share, and what they mean for it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from reconciler.explain.explain import explain
from reconciler.explain.model import Considered, Explanation
from reconciler.facts.model import History, JobFacts, Reading, UsageFacts
from reconciler.plan.make import owners_catalog
from tests.worlds import DEEPSEEK, FLASH, GPT, NOW, SIMPLE, config, facts, job, policy


HOURS, A_RUN = 48, 10_000


def hourly(name: str, prompt: str = SIMPLE) -> JobFacts:
    used = UsageFacts(days=10, runs=240, requests=240, input=240 * A_RUN)
    every = {"kind": "every", "everyMs": 3_600_000, "anchorMs": 0}
    return job(name, prompt, model=GPT, fallbacks=(), schedule=every, usage=used)


def told(named: str, *jobs: JobFacts, holds: float) -> Explanation:
    """Explain a slot where Google's free week holds the runs of so many jobs."""
    limit = Decimal(int(holds * HOURS * A_RUN))
    week = Reading(
        provider="google",
        window="weekly",
        used_fraction=Decimal(0),
        limit=limit,
        unit="tokens",
        resets_at=NOW + timedelta(hours=HOURS),
        taken_at=NOW,
        source="test",
    )
    own = History(provider="google", unit="tokens", begin=NOW - timedelta(hours=240))
    known = facts(*jobs, config=config(GPT), readings=(week,)).model_copy(update={"history": (own,)})
    loaded = policy("localModelPreference: never\nfallbacks: {count: 0}")
    return explain(loaded, known, owners_catalog(loaded), named)


def candidate(found: Explanation, model: str) -> Considered:
    return next(each for each in found.candidates if each.model == model)


def left_out(*jobs: JobFacts, holds: float) -> Explanation:
    """Explain the one of these jobs for which there was no room."""
    each = [told(job.name, *jobs, holds=holds) for job in jobs]
    (found,) = [one for one in each if one.then and one.then.model != FLASH]
    return found


def test_a_candidate_says_what_it_adds_to_the_window_and_where_that_ends() -> None:
    found = told("A", hourly("A"), holds=4)

    (effect,) = candidate(found, FLASH).quota_effect
    assert ("google weekly", Decimal("0.24"), None) == (effect.window, effect.adds, effect.gone_at)
    assert Decimal("0.24") == effect.reaches
    assert () == candidate(found, DEEPSEEK).quota_effect
    assert (None, None) == (found.binding_window, found.worth)


def test_what_a_quota_has_no_room_for_is_ruled_out_with_the_day_on_which_it_would_be_gone() -> None:
    found = left_out(hourly("A"), hourly("B"), holds=1.6)

    first = candidate(found, FLASH)
    assert "ruled-out" == first.verdict
    assert "would use up the weekly window of google by Tuesday 21:00 UTC" == first.reason
    assert ("chosen", DEEPSEEK) == (found.candidates[0].verdict, found.candidates[0].model)


def test_the_window_that_binds_is_named_with_what_more_of_it_would_bring() -> None:
    found = left_out(hourly("A"), hourly("B"), holds=1.6)

    assert "google weekly" == found.binding_window
    assert found.worth
    assert (found.address,) == found.worth.slots
    run = candidate(found, DEEPSEEK).usd_a_run
    assert run
    assert (
        run * 160 < (found.worth.usd_a_week or 0) < run * 160 * Decimal("1.34")
    )  # it compares rounded loads
    assert int(found.worth.of.partition(" %")[0]) in range(62, 80)


def test_a_slot_that_is_left_alone_says_what_it_takes_of_the_window_too() -> None:
    off = hourly("Off").model_copy(update={"account_owned": True, "model": FLASH})

    found = told("Off", off, hourly("B"), holds=4)

    assert "leave" == found.outcome
    (effect,) = candidate(found, FLASH).quota_effect
    assert (Decimal("0.24"), Decimal("0.49")) == (effect.adds, effect.reaches)

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.assign.candidate import Candidate
from reconciler.assign.need import Need
from reconciler.assign.rank import Ranking, gain, rank
from reconciler.assign.ruling import Ruling
from reconciler.catalog.model import CatalogModel
from reconciler.errors import Position
from reconciler.openclaw.allowlist import AllowList
from reconciler.policy.document import Tier
from reconciler.policy.model import Placed
from tests.worlds import policy


NEED = Need("simple", Decimal("0.4"), 20_000)


def model(
    ref: str,
    tier: Tier | None = "standard",
    *,
    score: str = "0.8",
    price: str | None = "1",
    priority: int = 50,
) -> Candidate:
    cost = None if price is None else Decimal(price)
    known = CatalogModel(ref, price_input=cost, price_output=cost)
    scores = {"simple": Decimal(score), "coding": Decimal(score)}
    return Candidate(ref, ref.partition("/")[0], tier, priority, known, scores, None)


LOCAL, FREE, BUDGET = model("l/l", "local"), model("f/f", "free"), model("b/b", "budget")
STANDARD, PREMIUM = model("s/s"), model("p/p", "premium", score="0.9")
ALL = (PREMIUM, STANDARD, BUDGET, FREE, LOCAL)


def ranked(*candidates: Candidate, spec: str = "", need: Need = NEED, **more: object) -> Ranking:
    values = {"out_of_quota": {}, "allowed": AllowList(), **more}
    return rank(candidates, need, Ruling(), policy(spec), **values)  # type: ignore[arg-type]


def refs(ranking: Ranking) -> list[str]:
    return [candidate.ref for candidate in ranking.good]


@pytest.mark.parametrize(
    ("preference", "order"),
    [
        ("never", ["f/f", "b/b", "s/s", "p/p"]),
        ("simple-only", ["l/l", "f/f", "b/b", "s/s", "p/p"]),
        ("when-available", ["f/f", "l/l", "b/b", "s/s", "p/p"]),
        ("prefer", ["l/l", "f/f", "b/b", "s/s", "p/p"]),
    ],
)
def test_frugal_takes_the_cheapest_tier_and_local_where_the_owner_puts_it(
    preference: str, order: list[str]
) -> None:
    assert order == refs(ranked(*ALL, spec=f"localModelPreference: {preference}"))


@pytest.mark.parametrize(
    ("preference", "order"),
    [
        ("never", ["p/p", "f/f", "b/b", "s/s"]),
        ("simple-only", ["p/p", "l/l", "f/f", "b/b", "s/s"]),
        ("when-available", ["p/p", "f/f", "l/l", "b/b", "s/s"]),
        ("prefer", ["l/l", "p/p", "f/f", "b/b", "s/s"]),
    ],
)
def test_best_fit_takes_the_best_and_of_equals_the_cheapest(preference: str, order: list[str]) -> None:
    spec = f"objective: best-fit\nlocalModelPreference: {preference}"

    assert order == refs(ranked(*ALL, spec=spec))


def test_within_a_tier_priority_comes_before_price_and_price_before_quality() -> None:
    first = model("z/first", priority=90, price="9")
    cheap, good, poor = (
        model("a/cheap", price="1"),
        model("b/good", price="2", score="0.9"),
        model("a/poor", price="2"),
    )
    unknown = model("a/unknown", price=None, score="1")

    assert ["z/first", "a/cheap", "b/good", "a/poor", "a/unknown"] == refs(
        ranked(unknown, poor, good, cheap, first)
    )


def test_what_nothing_else_tells_apart_is_ordered_by_name() -> None:
    assert ["a/a", "a/b", "b/a"] == refs(ranked(model("b/a"), model("a/b"), model("a/a")))


def test_every_candidate_that_was_not_chosen_has_a_reason() -> None:
    weak = model("w/w", score="0.1")
    ranking = ranked(*ALL, weak, out_of_quota={"p": "weekly window is 99% used"})

    assert {
        "f/f": "would do, free tier",
        "b/b": "would do, budget tier",
        "s/s": "would do, standard tier",
        "p/p": "weekly window is 99% used",
        "w/w": "too weak for simple by 0.3 (0.1 < 0.4)",
    } == dict(ranking.rejected)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (model("x/x", priority=10), "would do, its provider has priority 10"),
        (model("x/x", price="2.5"), "would do, at 0.2040 USD a run"),
        (model("x/x", price=None), "would do, at an unknown price"),
        (model("x/x", score="0.7"), "would do, 0.7 at simple"),
    ],
)
def test_the_reason_is_the_first_thing_that_tells_two_apart(other: Candidate, reason: str) -> None:
    assert (("x/x", reason),) == ranked(model("a/a"), other).rejected


def test_a_model_of_which_too_little_is_known_is_taken_where_no_other_would_do() -> None:
    unsure = replace(model("f/f", "free", score="0.41"), confidence={"simple": Decimal(0)})
    why = "not surely good enough for simple (0.41, confidence 0: 0.43 wanted)"

    assert ["f/f"] == refs(ranked(unsure))
    assert (["s/s"], (("f/f", why),)) == (refs(ranked(unsure, STANDARD)), ranked(unsure, STANDARD).rejected)


def test_best_fit_tells_the_scores() -> None:
    ranking = ranked(STANDARD, PREMIUM, spec="objective: best-fit")

    assert (("s/s", "would do, 0.8 at simple against 0.9"),) == ranking.rejected


def test_what_the_host_does_not_allow_is_rejected() -> None:
    allowed = AllowList("/agents/defaults/models", exact=frozenset({"s/s"}))

    ranking = ranked(STANDARD, FREE, allowed=allowed)

    assert ["s/s"] == refs(ranking)
    assert (("f/f", "not in the host's allow list (/agents/defaults/models)"),) == ranking.rejected


def test_a_rule_that_allows_a_local_model_is_a_nearer_word_than_the_preference() -> None:
    ruling = Ruling(allow=(Placed("l/*", Position("policy.yaml", 1, 1)),))
    need = Need("coding", Decimal("0.4"), 20_000)

    found = rank(
        (LOCAL,), need, ruling, policy("localModelPreference: never"), out_of_quota={}, allowed=AllowList()
    )

    assert ["l/l"] == refs(found)


@pytest.mark.parametrize(
    ("now", "best", "won"),
    [
        (PREMIUM, FREE, "free tier instead of premium"),
        (FREE, PREMIUM, None),
        (model("a/a", priority=10), model("b/b", priority=20), "its provider has the higher priority"),
        (model("a/a", priority=20), model("b/b", priority=10), None),
        (model("a/a", price="2"), model("b/b", price="1"), "50% cheaper per run"),
        (model("a/a", price="1"), model("b/b", price="0.96"), None),
        (model("a/a", price="1"), model("b/b", price="0.95"), "5% cheaper per run"),
        (model("a/a", price="0"), model("b/b", price="0"), None),
        (model("a/a", price=None), model("b/b", price="1"), None),
        (model("a/a"), model("b/b", price=None), None),
        (model("a/a", None), FREE, None),
    ],
)
def test_frugal_moves_only_for_what_is_surely_cheaper(
    now: Candidate, best: Candidate, won: str | None
) -> None:
    assert won == gain(now, best, NEED, policy())


@pytest.mark.parametrize(
    ("now", "best", "won"),
    [
        (STANDARD, PREMIUM, "0.1 better at simple"),
        (PREMIUM, STANDARD, None),
        (model("a/a", score="0.86"), PREMIUM, None),
        (STANDARD, LOCAL, "local, and local is preferred"),
        (LOCAL, model("l/other", "local"), None),
    ],
)
def test_best_fit_moves_only_for_what_is_better_by_the_least_gain(
    now: Candidate, best: Candidate, won: str | None
) -> None:
    assert won == gain(now, best, NEED, policy("objective: best-fit\nlocalModelPreference: prefer"))


def test_best_fit_does_not_move_to_a_local_model_that_is_not_preferred() -> None:
    assert gain(STANDARD, LOCAL, NEED, policy("objective: best-fit")) is None

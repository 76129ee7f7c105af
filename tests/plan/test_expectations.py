from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.errors import Position
from reconciler.facts.model import Facts
from reconciler.plan.expectations import unmet
from reconciler.policy.load import load_text
from reconciler.policy.model import Expectation
from tests.worlds import CODING, GPT, HAIKU, LOCAL, MINI, OPUS, config, facts, job, policy


STRICT = "qualityThresholds: {coding: 1}"


def host() -> Facts:
    return facts(
        job("Moves"),
        job("Stays", model=LOCAL, fallbacks=(GPT,)),
        job("Bare", model=LOCAL),
        job("Stuck", CODING, model=MINI),
        job("Off", enabled=False),
        config=config(),
    )


def told(expect: Mapping[str, str]) -> list[str]:
    test = Expectation("a test", Position("p.yaml", 3, 3), "facts.json", expect)
    return [problem.message for problem in unmet(policy(STRICT), test, host())]


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        ("job/Moves", LOCAL),
        ("job/Stays", LOCAL),
        ("job/Stays", "unchanged"),
        ("job/Bare", LOCAL),
        ("job/Stuck", "blocked"),
        ("job/Stuck", "unchanged"),
        ("job/Off", "unchanged"),
        ("defaults", OPUS),
    ],
)
def test_what_the_plan_decides_is_met(slot: str, expected: str) -> None:
    assert [] == told({slot: expected})


@pytest.mark.parametrize(
    ("slot", "expected", "message"),
    [
        ("job/Moves", HAIKU, f"expected {HAIKU}, found {OPUS} → {LOCAL} (local tier instead of premium)"),
        (
            "job/Moves",
            "unchanged",
            f"expected unchanged, found {OPUS} → {LOCAL} (local tier instead of premium)",
        ),
        (
            "job/Bare",
            "unchanged",
            f"expected unchanged, found {LOCAL} with other fallbacks (has no fallback)",
        ),
        (
            "job/Stays",
            "blocked",
            f"expected blocked, found {LOCAL} kept (good enough, and nothing is worth a move)",
        ),
        ("job/Off", "blocked", f"expected blocked, found {OPUS} left alone (disabled)"),
        (
            "job/Stuck",
            HAIKU,
            (
                f"expected {HAIKU}, found {MINI} blocked ({MINI}: too weak for coding by 0.17 (0.83 < 1); "
                "no model that the policy allows would do)"
            ),
        ),
        ("job/Nobody", "unchanged", 'the facts have no slot "job/Nobody"'),
    ],
)
def test_what_the_plan_decides_otherwise_is_told(slot: str, expected: str, message: str) -> None:
    assert [message] == told({slot: expected})


def test_each_expectation_that_is_not_met_is_told_at_its_own_line() -> None:
    test = """
    apiVersion: tactician/v1
    kind: PolicyTest
    spec:
      facts: facts.json
      expect:
        job/Moves: blocked
        job/Stays: unchanged
        job/Off: {model: a/b}
    """.replace("\n    ", "\n").strip()
    (found,) = load_text(f"{test}\n---\napiVersion: tactician/v1\nkind: RoutingPolicy\nspec: {{}}\n").tests

    problems = list(unmet(policy(STRICT), found, host()))

    assert ["policy.yaml:6:5", "policy.yaml:8:5"] == [str(problem.at) for problem in problems]
    assert ["spec.expect.job/Moves", "spec.expect.job/Off"] == [problem.path for problem in problems]

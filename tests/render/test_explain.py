from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from reconciler.explain.explain import explain
from reconciler.explain.model import Explanation, QuotaEffect, Worth
from reconciler.facts.model import HeldSlot, HostModel
from reconciler.plan.make import owners_catalog
from reconciler.render.explain import explanation_text
from tests.worlds import CODING, GPT, HAIKU, NOW, OPUS, config, facts, job, policy, reading


HOSTILE = "\x1b[31mred \u202e\u200b" + "very long " * 30 + "\r\nerror: all is lost"
SPEC = """
rules:
  - {name: a rule with quite a long name that goes on and on, when: {provider: openai, usedAbove: 0.5}, deny: []}
"""


def crowded(title: str = HOSTILE) -> Explanation:
    """Explain a slot with something of everything, and hostile words wherever the world may put them."""
    host = facts(
        job(title, CODING, thinking="high", model=f"acme/{HOSTILE}"),
        config=config({"primary": OPUS, "fallbacks": [GPT, f"x/{HOSTILE}"]}),
        models=(HostModel(ref=HAIKU, available=False, reason=HOSTILE),),
        readings=(reading("anthropic", "0.7"), reading("google", None, window=HOSTILE[:20])),
    )
    address = f"job/id-{title}" if title == HOSTILE else f"job/{title}"
    held = host.model_copy(update={"holds": (HeldSlot(address=address, reason=HOSTILE),)})
    return explain(policy(SPEC), held, owners_catalog(policy()), title)


@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_longer_than_the_terminal(*, verbose: bool) -> None:
    text = explanation_text(crowded(), verbose=verbose)

    assert [] == [line for line in text.splitlines() if len(line) > 80 and " " in line.strip()[15:]]


def test_nothing_that_moves_the_cursor_reaches_the_terminal() -> None:
    assert all(line.isprintable() for line in explanation_text(crowded(), verbose=True).split("\n"))


def test_a_slot_reads_from_its_outcome_to_its_candidates() -> None:
    lines = explanation_text(crowded("Build")).splitlines()

    assert lines[0].startswith("job/Build is left alone: on hold:")
    labels = ["model", "fallbacks", "hold", "task", "evidence", "needs", "rules", "quota"]
    assert labels == [word for line in lines if (word := line[2:12].strip()) in labels]


def test_what_the_solver_knows_is_shown_where_it_is_known() -> None:
    found = crowded("Build")
    effect = QuotaEffect(
        window="anthropic weekly",
        adds=Decimal("0.3"),
        reaches=Decimal("1.1"),
        gone_at=NOW + timedelta(days=3),
    )
    first = found.candidates[0].model_copy(update={"quota_effect": (effect,)})
    told = found.model_copy(
        update={
            "candidates": (first, *found.candidates[1:]),
            "binding_window": "anthropic weekly",
            "worth": Worth(usd_a_week=Decimal("0.40"), of="3 % of its limit", slots=("job/Build",)),
        }
    )

    text = explanation_text(told)

    assert "adds 30 % to anthropic weekly, which then reaches 110 % and is gone Thu 06:00 UTC" in " ".join(
        text.split()
    )
    binds = "binds anthropic weekly; 3 % of its limit more would give job/Build what it rather has, and save 0.40 USD"
    assert binds in " ".join(text.split())


def test_many_that_are_ruled_out_are_counted() -> None:
    found = crowded("Build")
    bad = next(each for each in found.candidates if each.verdict == "ruled-out" and not each.current)
    many = tuple(bad.model_copy(update={"model": f"acme/m{number}"}) for number in range(20))
    told = found.model_copy(update={"candidates": many})

    assert "and 8 more that are ruled out, see --verbose" in explanation_text(told)
    assert "acme/m19" in explanation_text(told, verbose=True)

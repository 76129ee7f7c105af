from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.facts.model import HeldSlot
from reconciler.loop.decide import TO_AND_FRO, Decision, decide
from tests.loop.records import record
from tests.worlds import CODING, GPT, NOW, OPUS, config, facts, job, policy, reading


RULES = """
rules:
  - {name: when it gets tight, match: {job: "*"}, when: {provider: anthropic, usedAbove: 0.7}, allow: ["openai/*"]}
"""


def decided(used: str, reason: str) -> Decision:
    """Decide of a job on a model of anthropic that is on hold, of whose quota so much is used."""
    held = HeldSlot(address="job/Build", reason=reason, until=NOW + timedelta(days=3))
    found = facts(
        job("Build", CODING, model=OPUS), config=config(GPT), readings=(reading("anthropic", used),)
    )
    before = [record(NOW - timedelta(days=1), ("Build", GPT, OPUS))]
    return decide(policy(RULES), found.model_copy(update={"holds": (held,)}), before)


@pytest.mark.parametrize(("used", "lifted"), [("0.75", ()), ("0.8", ("job/Build",)), ("1", ("job/Build",))])
def test_a_slot_stopped_from_flapping_may_move_once_its_quota_gets_tight(
    used: str, lifted: tuple[str, ...]
) -> None:
    found = decided(used, TO_AND_FRO)

    assert lifted == found.lift
    assert lifted == tuple(change.address for change in found.changes.plan.slots)


def test_a_hold_of_anybody_else_is_kept_even_where_the_quota_is_gone() -> None:
    found = decided("1", "under test")

    assert ((), ()) == (found.lift, found.changes.plan.changes)

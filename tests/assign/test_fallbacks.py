from __future__ import annotations

from dataclasses import replace

from reconciler.assign.candidate import Candidate
from reconciler.assign.fallbacks import fallbacks_for, takes_fallbacks
from reconciler.assign.ruling import Ruling
from reconciler.assign.subject import subjects
from reconciler.errors import Position
from reconciler.openclaw.slot import Slot
from reconciler.policy.model import Placed
from tests.worlds import DEEPSEEK, EARLY, FLASH, GPT, HAIKU, MINI, OPUS, config, facts, job, policy


HERE = Position("policy.yaml", 3, 5)
NO_OPENAI = Ruling(deny=(Placed("openai/*", HERE),))


def agent_slot(model: object) -> Slot:
    known = facts(config=config(HAIKU, {"main": {"model": model}}))
    return next(it.slot for it in subjects(known.host) if it.slot.address == "agent/main")


def good(*refs: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(ref, ref.partition("/")[0], "standard", 50, None, {}, None) for ref in refs)


def test_the_owners_own_list_is_kept_in_its_order() -> None:
    slot = agent_slot({"primary": OPUS, "fallbacks": [MINI, HAIKU]})

    assert (MINI, HAIKU) == fallbacks_for(slot, FLASH, good(GPT), Ruling(), policy())


def test_what_a_rule_forbids_leaves_the_owners_list() -> None:
    slot = agent_slot({"primary": OPUS, "fallbacks": [MINI, HAIKU]})

    assert (HAIKU,) == fallbacks_for(slot, OPUS, good(FLASH), NO_OPENAI, policy())


def test_the_new_model_is_not_its_own_fallback() -> None:
    slot = agent_slot({"primary": OPUS, "fallbacks": [MINI, HAIKU]})

    assert (HAIKU,) == fallbacks_for(slot, MINI, (), Ruling(), policy())


def test_when_all_of_the_list_is_forbidden_the_next_best_are_taken() -> None:
    slot = agent_slot({"primary": OPUS, "fallbacks": [MINI]})

    assert (FLASH,) == fallbacks_for(slot, OPUS, good(OPUS, FLASH), NO_OPENAI, policy())


def test_an_empty_list_means_strict_and_stays_empty() -> None:
    slot = agent_slot({"primary": OPUS, "fallbacks": []})

    assert () == fallbacks_for(slot, OPUS, good(GPT, FLASH), Ruling(), policy())


def test_without_a_list_the_next_best_of_other_providers_are_taken() -> None:
    slot = agent_slot(OPUS)
    ranked = good(OPUS, HAIKU, GPT, MINI, FLASH, DEEPSEEK)

    assert (GPT, FLASH) == fallbacks_for(slot, OPUS, ranked, Ruling(), policy())


def test_the_owner_says_how_many_and_whether_of_other_providers() -> None:
    slot = agent_slot(OPUS)
    ranked = good(OPUS, HAIKU, GPT, MINI)

    any_provider = policy("fallbacks: {count: 3, distinctProviders: false}")
    assert (HAIKU, GPT, MINI) == fallbacks_for(slot, OPUS, ranked, Ruling(), any_provider)
    assert () == fallbacks_for(slot, OPUS, ranked, Ruling(), policy("fallbacks: {count: 0}"))


def test_a_slot_without_a_place_for_fallbacks_gets_none() -> None:
    known = facts(job(model=OPUS), config=config(), version=EARLY)
    slot = subjects(known.host)[-1].slot

    assert not takes_fallbacks(slot)
    assert not takes_fallbacks(replace(slot, place=None))
    assert () == fallbacks_for(slot, OPUS, good(GPT), Ruling(), policy())

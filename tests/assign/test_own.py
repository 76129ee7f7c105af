from __future__ import annotations

from decimal import Decimal
from typing import Any

from reconciler.assign.candidate import Candidate, Pool
from reconciler.catalog.model import CatalogModel
from reconciler.plan.make import owners_catalog
from tests.worlds import OPUS, config, facts, policy


GEMINI = "google/gemini-3.1-pro-preview"


def described(ref: str, numbers: str, **row: Any) -> Candidate:
    """Describe a model of which the policy says *numbers* and the host's configuration *row*."""
    owner = policy(providers=f"models: {{{ref}: {{{numbers}}}}}")
    provider, _, name = ref.partition("/")
    stated = {"models": {"providers": {provider: {"models": [{"id": name, **row}]}}}} if row else {}
    return Pool(owner, facts(config={**config(), **stated}), owners_catalog(owner)).describe(ref)


def model(ref: str, numbers: str, **row: Any) -> CatalogModel:
    found = described(ref, numbers, **row).model
    assert found is not None
    return found


def test_the_owners_word_on_verbosity_counts_in_full_at_every_level() -> None:
    found = described(OPUS, "tokensPerTask: 34000")

    assert Decimal(2) == found.verbosity
    assert found.model is not None
    assert 34_000 == found.model.at("high").own_tokens


def test_verbosity_stays_between_a_quarter_and_four_times() -> None:
    bounds = [described(OPUS, f"tokensPerTask: {tokens}").verbosity for tokens in (1, 10_000_000)]

    assert [Decimal("0.25"), Decimal(4)] == bounds


def test_the_owners_tiers_replace_those_of_the_catalog() -> None:
    found = model(
        GEMINI, "prices: {tiers: [{above: 500000, input: 9}, {above: 100000, input: 3, output: 7}]}"
    )

    inputs = [found.prices_for(tokens)["input"] for tokens in (100_000, 100_001, 500_001)]
    assert [Decimal(2), Decimal(3), Decimal(9)] == inputs
    assert found.prices_for(1)["output"] != found.prices_for(100_001)["output"] == Decimal(7)


def test_a_price_of_the_owners_drops_the_tiers_that_came_with_the_old_one() -> None:
    assert () == model(GEMINI, "prices: {input: 1}").tiers
    assert () == model(GEMINI, "prices: {tiers: []}").tiers
    assert model(GEMINI, "maxOutput: 5").tiers


def test_the_policys_price_goes_before_the_hosts_key_by_key() -> None:
    found = model(OPUS, "prices: {input: 0, cacheRead: 0.2}", cost={"input": 14, "output": 28})

    assert (Decimal(0), Decimal(28)) == (found.price_input, found.price_output)
    assert Decimal("0.2") == found.price_cache_read


def test_the_policy_says_what_a_model_takes_before_the_host_does() -> None:
    assert ("text",) == described(OPUS, "input: [text]").inputs
    assert ("text", "image") == described(OPUS, "input: [text, image]", input=["text"]).inputs


def test_the_smallest_window_that_anybody_tells_of_is_the_usable_one() -> None:
    assert 1000 == described(OPUS, "context: 1000", contextWindow=9000).context
    assert 9000 == described(OPUS, "context: 20000", contextWindow=9000).context


def test_the_owner_can_describe_a_model_that_nobody_knows() -> None:
    numbers = "maxOutput: 800, input: [text], prices: {input: 1, output: 2}, tokensPerTask: 17000"
    found = described("mine/own-1", numbers)

    assert found.model is not None
    assert (800, ("text",), Decimal(1)) == (found.model.max_output, found.inputs, found.verbosity)

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.assign.cost import USUAL_LOAD, Load, load_of, run_cost, verbosity
from reconciler.catalog.model import CatalogModel, Tier, shipped
from reconciler.facts.model import UsageFacts


MODEL = CatalogModel("m", price_input=Decimal(2), price_output=Decimal(10))
USED = UsageFacts(
    days=10,
    runs=20,
    requests=100,
    input=200_000,
    output=100_000,
    cache_read=1_800_000,
    cache_write=20_000,
)


def test_a_run_costs_its_tokens_at_the_prices_of_each() -> None:
    load = Load(input=1_000_000, cached=0, written=0, output=500_000)

    assert Decimal(7) == run_cost(MODEL, load)


def test_cached_tokens_cost_what_the_cache_costs_and_without_such_a_price_what_input_costs() -> None:
    load = Load(input=0, cached=1_000_000, written=1_000_000, output=0)
    cached = CatalogModel(
        "m",
        price_input=Decimal(2),
        price_output=Decimal(10),
        price_cache_read=Decimal("0.2"),
        price_cache_write=Decimal("2.5"),
    )

    assert Decimal("2.7") == run_cost(cached, load)
    assert Decimal(4) == run_cost(MODEL, load)


def test_a_long_request_is_paid_at_the_prices_of_long_requests() -> None:
    tiers = (Tier(200_000, {"input": Decimal(4)}),)
    model = CatalogModel("m", price_input=Decimal(2), price_output=Decimal(10), tiers=tiers)

    short, long = (Load(1_000_000, output=0, request=request) for request in (200_000, 200_001))
    assert (Decimal(2), Decimal(4)) == (run_cost(model, short), run_cost(model, long))


@pytest.mark.parametrize("model", [None, CatalogModel("m"), CatalogModel("m", price_input=Decimal(1))])
def test_what_is_not_known_of_a_price_is_no_price(model: CatalogModel | None) -> None:
    assert run_cost(model, USUAL_LOAD) is None


def test_a_model_that_writes_more_for_the_same_task_costs_more_than_its_price_tells() -> None:
    wordy, terse = shipped().find("deepseek/deepseek-v4-pro"), shipped().find("openai/gpt-5.2-codex")

    assert verbosity(wordy) > 1 > verbosity(terse)
    assert Decimal(1) == verbosity(None) == verbosity(CatalogModel("m"))


def test_the_load_of_a_run_is_the_mean_of_what_was_measured() -> None:
    assert Load(10_000, 90_000, 1_000, 5_000, 20_200) == load_of(USED)


def test_what_a_wordy_model_wrote_is_less_of_a_usual_one() -> None:
    assert 2_500 == load_of(USED, Decimal(2)).output


def test_runs_that_failed_do_not_make_a_run_look_small() -> None:
    half = USED.model_copy(update={"failed": 10})

    assert 20_000 == load_of(half).input


@pytest.mark.parametrize(
    "usage",
    [
        None,
        UsageFacts(days=3),
        UsageFacts(days=3, runs=2, requests=2),
        USED.model_copy(update={"failed": 20}),
    ],
)
def test_without_a_measurement_the_usual_load_counts(usage: UsageFacts | None) -> None:
    assert USUAL_LOAD == load_of(usage)


def test_like_loads_are_rounded_to_the_same() -> None:
    assert Load(10_300, 0, 7, 5_000).rounded() == Load(10_900, 0, 7, 5_100).rounded()

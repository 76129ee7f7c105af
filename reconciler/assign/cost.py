from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reconciler.catalog.model import CatalogModel
from reconciler.facts.model import UsageFacts


USUAL_ANSWER = 17_000
"""Tokens of a benchmark question's answer, the median of the 38 models that were measured."""
_LEAST, _MOST = Decimal("0.25"), Decimal(4)
_MILLION = Decimal(1_000_000)
_BITS = 3


@dataclass(frozen=True, slots=True)
class Load:
    """The tokens of one run: *input* not cached, *cached* read and *written*, *output* of a model of usual verbosity.

    *request* is the input of one request, which decides the price tier. The default is the mean of 414
    recorded OpenClaw cron runs, which read 31.6 M tokens and wrote 2.3 M; how much of it was cached is not told.
    """

    input: int = 76_000
    cached: int = 0
    written: int = 0
    output: int = 5_600
    request: int = 0

    def rounded(self) -> Load:
        """Round to three binary digits, so that slots of like use share one ranking."""
        return Load(*map(_rounded, (self.input, self.cached, self.written, self.output, self.request)))


USUAL_LOAD = Load()


def load_of(usage: UsageFacts | None, verbosity: Decimal = Decimal(1)) -> Load:
    """Return the mean load of a run as measured on a model of this verbosity, or the usual one where nothing was."""
    worked = usage.runs - usage.failed if usage else 0
    if usage is None or worked <= 0 or not usage.tokens:
        return USUAL_LOAD
    into, cached, written, output = (
        int(tokens / worked)
        for tokens in (usage.input, usage.cache_read, usage.cache_write, usage.output / verbosity)
    )
    request = (usage.input + usage.cache_read + usage.cache_write) // max(usage.requests, 1)
    return Load(into, cached, written, output, request)


def verbosity(model: CatalogModel | None) -> Decimal:
    """Return how much a model writes for the same task, 1 being usual; what little is known of counts little.

    Benchmark questions are harder than most jobs, so the ratio is bounded to a quarter and four times.
    """
    if model and model.own_tokens is not None:
        return _ratio(Decimal(model.own_tokens))
    told = model.numbers.get("tokens") if model else None
    return 1 + (_ratio(told.value) - 1) * told.confidence if told else Decimal(1)


def _ratio(tokens: Decimal) -> Decimal:
    return min(max(tokens / USUAL_ANSWER, _LEAST), _MOST)


def run_cost(model: CatalogModel | None, load: Load) -> Decimal | None:
    """Return USD for a run, None where a price is unknown; a cache without a price of its own costs as input does."""
    prices = model.prices_for(load.request) if model else {}
    if model is None or "input" not in prices or "output" not in prices:
        return None
    into = prices["input"]
    total = (
        load.input * into
        + load.cached * prices.get("cacheRead", into)
        + load.written * (prices.get("cacheWrite") or into)
        + load.output * verbosity(model) * prices["output"]
    )
    return total / _MILLION


def _rounded(tokens: int) -> int:
    shift = max(tokens.bit_length() - _BITS, 0)
    return tokens >> shift << shift

"""What the ledger holds of use, hour by hour, in the form that forecasts learn from."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from reconciler.facts import limits
from reconciler.facts.model import HEARTBEAT, History, JobUse
from reconciler.ledger import readings, usage
from reconciler.ledger.moments import to_ms
from reconciler.ledger.readings import StoredReading
from reconciler.ledger.usage import Tally


DAYS: Final = 28
"""Days of use that forecasts learn from."""
_HOUR_MS: Final = 3_600_000
_AMOUNTS: Final[Mapping[Literal["tokens", "requests", "usd"], Callable[[Tally], int]]] = {
    "tokens": lambda tally: tally.tokens,
    "requests": lambda tally: tally.requests,
    "usd": lambda tally: tally.nanodollars // 1000,
}
_PLACES: Final = Decimal("0.0001")
Cells = list[tuple[str, int, Tally]]
"""The sums of one provider, with their job (empty for people and agents) and hour, counted from the beginning."""


@dataclass(slots=True)
class _Runs:
    """Runs of one job at all providers: ever, and in the last day."""

    all: int = 0
    recent: int = 0

    def count(self, runs: int, *, recent: bool) -> None:
        self.all += runs
        self.recent += runs * recent


def histories(ledger: sqlite3.Connection, now: datetime) -> tuple[History, ...]:
    """Return the use of the last weeks by provider and unit, whole hours that end now; units nobody used are left out."""
    begin = now - timedelta(days=DAYS)
    found = usage.grouped(ledger, begin, now, by=("provider", "job", "agent", "kind", "hour"))
    providers: dict[str, Cells] = defaultdict(list)
    runs: dict[str, _Runs] = defaultdict(_Runs)
    for (provider, written, agent, kind, hour), tally in found.items():
        job = written or (f"{HEARTBEAT}{agent}" if kind == "heartbeat" else "")
        providers[provider].append((job, (int(hour) - to_ms(begin)) // _HOUR_MS, tally))
        runs[job].count(tally.messages, recent=int(hour) >= to_ms(now - timedelta(days=1)))
    told = readings.since(ledger, begin)
    used_up = _used_up(told, now)
    pairs = limits.counted_pairs(ledger, told)
    return tuple(
        _with_limits(_with_blocked(each, used_up.get(name, ())), pairs.get(name, {}))
        for name in sorted(providers)
        for each in _of(name, providers[name], runs, begin)
    )


def _used_up(told: Iterable[StoredReading], now: datetime) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return when which provider had a limit used up, as its readings tell; with several logins another one served."""
    found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    logins: dict[str, set[str]] = defaultdict(set)
    for reading in told:
        logins[reading.provider].add(reading.account)
        if reading.used_fraction is not None and reading.used_fraction >= 1 and reading.resets_at:
            found[reading.provider].append((reading.taken_at, min(now, reading.resets_at)))
    return {provider: spans for provider, spans in found.items() if len(logins[provider]) == 1}


def _with_blocked(history: History, spans: Iterable[tuple[datetime, datetime]]) -> History:
    hour = timedelta(hours=1)
    positions = {
        position
        for first, last in spans
        for position in range((first - history.begin) // hour, -((history.begin - last) // hour))
        if 0 <= position < len(history.hours)
    }
    return history.model_copy(update={"blocked": tuple(sorted(positions))})


def _with_limits(history: History, pairs: Mapping[limits.Key, Sequence[limits.Pair]]) -> History:
    found = tuple(limits.learnt(pairs, _AMOUNTS[history.unit]))
    return history.model_copy(update={"limits": found})


def _of(provider: str, cells: Cells, runs: Mapping[str, _Runs], begin: datetime) -> Iterator[History]:
    first = max(0, min(hour for _, hour, _ in cells))
    requests = sum(tally.requests for _, _, tally in cells)
    estimated = sum(tally.estimated for _, _, tally in cells)
    for unit, amount in _AMOUNTS.items():
        own, jobs = ([0] * (DAYS * 24 - first) for _ in range(2))
        for job, hour, tally in cells:
            (jobs if job else own)[max(0, hour - first)] += amount(tally)
        if any(own) or any(jobs):
            yield History(
                provider=provider,
                unit=unit,
                begin=(begin + timedelta(hours=first)).replace(microsecond=0),
                hours=tuple(own),
                job_hours=tuple(jobs) if any(jobs) else (),
                jobs=tuple(_jobs(cells, runs, amount)),
                coverage=(1 - Decimal(estimated) / requests).quantize(_PLACES) if requests else Decimal(1),
            )


def _jobs(cells: Cells, runs: Mapping[str, _Runs], amount: Callable[[Tally], int]) -> Iterator[JobUse]:
    told: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for job, _, tally in cells:
        if job and tally.messages:
            told[job].append((amount(tally), tally.messages))
    for job, sums in sorted(told.items()):
        here = sum(count for _, count in sums)
        each = sorted(total // count for total, count in sums)
        yield JobUse(
            job=job,
            runs=here,
            mean=sum(total for total, _ in sums) // here,
            p90=each[min(len(each) - 1, len(each) * 9 // 10)],
            last_day=runs[job].recent if runs[job].all > runs[job].recent else None,
            share=(Decimal(here) / max(here, runs[job].all)).quantize(_PLACES),
        )

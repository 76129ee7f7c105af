"""Print how well forecasts hold: `python -m tests.bench.forecast FILE.csv`, with nothing fitted to FILE.

FILE holds `account,hour,requests,input_tokens,output_tokens`, hours without use left out; two weeks each.
The weekly limit is 80 % of what the account used in its other week; the 5-hour limit is the ninetieth hundredth
of its 5-hour blocks, as claude-monitor sets it. Accounts weigh by their hours with something left.
The peers' methods: the last hour's or the last day's rate goes on; the band is drawn from past hours (bootstrap).
"""

from __future__ import annotations

import csv
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from reconciler.forecast.demand import demand
from reconciler.forecast.rolling import chance_of_block
from reconciler.forecast.window import chances, moments, outlook
from tests.bench.measure import line
from tests.forecast.houses import nothing_known


TRACE = Path(__file__).parents[1] / "data" / "forecast" / "usage_hourly.csv"
WEEK, DAY, VIEW, SESSION = 168, 24, 72, 5
FIRST, STEP = 48, 3
SHARE_OF_OTHER_WEEK = 0.8
SEASONAL = 0.85
SURE = 0.16
"""Chance from which "it will be exhausted" counts as said."""


@dataclass(frozen=True)
class Case:
    """One moment of one account's week, our answers and the peers', and what came."""

    came: bool
    ours: float
    last_hour: bool
    last_day: bool
    hours: float | None
    ours_hours: float
    last_hour_hours: float
    last_day_hours: float
    seasonal: float


def read(path: Path) -> dict[str, list[float]]:
    """Return the tokens of each hour by account."""
    found: dict[str, dict[int, float]] = {}
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            hours = found.setdefault(row["account"], {})
            tokens = int(row["input_tokens"]) + int(row["output_tokens"])
            hours[int(row["hour"])] = hours.get(int(row["hour"]), 0) + tokens
    return {name: [float(hours.get(hour, 0)) for hour in range(2 * WEEK)] for name, hours in found.items()}


def weekly(use: Sequence[float]) -> Iterator[Case]:
    """Yield the moments of both weeks at which something was left."""
    for week in (0, 1):
        begin = week * WEEK
        limit = SHARE_OF_OTHER_WEEK * sum(use[WEEK - begin : 2 * WEEK - begin])
        for now in range(max(FIRST, begin), begin + WEEK, STEP):
            left = limit - sum(use[begin:now])
            learnt = demand(use[:now])
            if limit <= 0 or left <= 0:
                break
            if learnt is not None:
                yield _case(use, now, begin + WEEK - now, left, learnt)


def _case(use: Sequence[float], now: int, until_reset: int, left: float, learnt) -> Case:  # type: ignore[no-untyped-def] # noqa: ANN001
    view, day = min(VIEW, until_reset), min(DAY, until_reset)
    curve = chances(learnt, nothing_known, left, view)
    gone = _gone(use[now : now + until_reset], left)
    when = moments(curve, least=0)
    last_hour, last_day = use[now - 1], fmean(use[now - DAY : now])
    return Case(
        came=gone is not None and gone <= day,
        ours=next(chance for at, chance in reversed(curve) if at <= day),
        last_hour=last_hour * day >= left,
        last_day=last_day * day >= left,
        hours=gone if gone is not None and gone <= VIEW else None,
        ours_hours=max(1.0, when.median) if when else view,
        last_hour_hours=min(view, left / last_hour) if last_hour else view,
        last_day_hours=min(view, left / last_day) if last_day else view,
        seasonal=learnt.seasonal,
    )


def _gone(use: Sequence[float], left: float) -> int | None:
    for hour, amount in enumerate(use, 1):
        left -= amount
        if left <= 0:
            return hour
    return None


def rolling(use: Sequence[float]) -> list[tuple[bool, float, bool]]:
    """Return for each hour whether a 5-hour block is used up within the next five, our chance, and the peer's word."""
    blocks = list(_blocks(use))
    sums = sorted(sum(use[begin : begin + SESSION]) for begin in blocks)
    limit = sums[int(0.9 * (len(sums) - 1))]
    full = {
        begin + gone for begin in blocks if (gone := _gone(use[begin : begin + SESSION], limit)) is not None
    }
    found = []
    for now in range(FIRST, 2 * WEEK - SESSION + 1):
        begin = max((block for block in blocks if block < now), default=None)
        open_for = max(0, begin + SESSION - now) if begin is not None else 0
        used = sum(use[begin:now]) if begin is not None and open_for else 0.0
        ours = chance_of_block(
            demand(use[:now]), nothing_known, used=used, limit=limit, open_for=open_for, hours=SESSION
        )
        rate = use[now - 1]
        peer = (used < limit and bool(open_for) and used + rate * open_for >= limit) or (
            rate * (SESSION - open_for) >= limit
        )
        found.append((any(hour in full for hour in range(now + 1, now + SESSION + 1)), ours, peer))
    return found


def _blocks(use: Sequence[float]) -> Iterator[int]:
    end = 0
    for hour, amount in enumerate(use):
        if amount > 0 and hour >= end:
            yield hour
            end = hour + SESSION


def covered(use: Sequence[float], draw: random.Random) -> Iterator[tuple[bool, bool]]:
    """Yield whether our 80 % band, and the bootstrap's, hold the use of the next day."""
    for now in range(FIRST, 2 * WEEK - DAY + 1, STEP):
        learnt = demand(use[:now])
        if learnt is None:
            continue
        came = sum(use[now : now + DAY])
        sums = sorted(sum(draw.choices(use[max(0, now - WEEK) : now], k=DAY)) for _ in range(100))
        ours = learnt.quantile(0.1, DAY) <= came <= learnt.quantile(0.9, DAY)
        yield ours, sums[10] <= came <= sums[89]


def brier(pairs: Sequence[tuple[float, bool]]) -> float:
    return fmean((float(said) - came) ** 2 for said, came in pairs)


def report(path: Path) -> None:
    traces = read(path)
    print(f"{path.name}: {len(traces)} accounts")
    _report_weekly([case for use in traces.values() for case in weekly(use)])
    blocks = [case for use in traces.values() for case in rolling(use)]
    base = fmean(came for came, _, _ in blocks)
    ours = brier([(said, came) for came, said, _ in blocks])
    peer = brier([(said, came) for came, _, said in blocks])
    _row(
        "rolling 5 h, Brier",
        ours,
        f"rate {peer:.3f}, base rate {base * (1 - base):.3f}",
        "≤ 0.060",
        ours <= 0.060,
    )
    draw = random.Random(1)
    held = [pair for use in traces.values() for pair in covered(use, draw)]
    share = fmean(one for one, _ in held)
    peer = fmean(other for _, other in held)
    _row("80 % band covers", share, f"bootstrap {peer:.3f}", "0.76 to 0.84", 0.76 <= share <= 0.84)


def _report_weekly(cases: Sequence[Case]) -> None:
    ours = brier([(case.ours, case.came) for case in cases])
    peers = (
        f"last hour {brier([(case.last_hour, case.came) for case in cases]):.3f},"
        f" last day {brier([(case.last_day, case.came) for case in cases]):.3f}"
    )
    _row("weekly, gone within 24 h, Brier", ours, peers, "≤ 0.055", ours <= 0.055)
    came = [case for case in cases if case.came]
    said = [case for case in cases if case.ours >= SURE]
    recall = fmean(case.ours >= SURE for case in came)
    precision = fmean(case.came for case in said)
    _row(f"  recall where the chance is ≥ {SURE}", recall, "", "≥ 0.75", recall >= 0.75)
    _row("  precision there", precision, "", "≥ 0.45", precision >= 0.45)
    gone = [case for case in cases if case.hours is not None]
    _hours("hours to exhaustion, mean error", gone, 13.5)
    _hours("  on seasonal accounts", [case for case in gone if case.seasonal >= SEASONAL], 3.5)
    print("  said / came, by tenths of the chance:")
    from tests.bench.reliability import tenths

    for said_mean, came_share, count in tenths(cases):
        print(f"    {said_mean:.2f} / {came_share:.2f}  ({count})")


def _hours(what: str, cases: Sequence[Case], bar: float) -> None:
    if not cases:
        print(f"      {what}: none")
        return
    told = [(case, case.hours) for case in cases if case.hours is not None]
    ours = fmean(abs(case.ours_hours - hours) for case, hours in told)
    hour = fmean(abs(case.last_hour_hours - hours) for case, hours in told)
    day = fmean(abs(case.last_day_hours - hours) for case, hours in told)
    _row(what, ours, f"last hour {hour:.1f}, last day {day:.1f}, {len(told)} cases", f"≤ {bar}", ours <= bar)


def _row(what: str, ours: float, peers: str, bar: str, met: bool) -> None:  # noqa: FBT001
    line(what, f"{ours:.3f}", f"{bar}   {peers}", met=met)


def speed() -> None:
    """Time 200 windows with 60 days of hourly history each."""
    draw = random.Random(2)
    histories = [[draw.random() for _ in range(60 * DAY)] for _ in range(200)]
    begin = time.perf_counter()
    for history in histories:
        outlook(demand(history), nothing_known, used=20.0, limit=100.0, hours=100.0, horizon=24.0)
    seconds = time.perf_counter() - begin
    line("200 windows with 60 days of history each", f"{seconds:.2f} s", "< 0.5 s", met=seconds < 0.5)


def bench() -> None:
    from tests.bench import cron

    report(TRACE)
    cron.bench()
    speed()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        report(Path(sys.argv[1]))
        speed()
    else:
        bench()

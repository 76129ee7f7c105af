"""How well the next day of a host that only runs jobs is foretold, on recorded runs of two real installations.

Most runs report no tokens; such a run is taken to have used what the job's other runs did, in the truth too. That
holds for failed runs as well, whose recorded ones used twice what the others did; runs that no model answered, and
those of jobs without one, used nothing.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, median

from reconciler.facts.model import History, JobFacts, JobUse
from reconciler.forecast.scheduled import scheduled
from tests.bench.measure import line


DATA = Path(__file__).parents[1] / "data" / "forecast"
DAY = timedelta(days=1)
BAR = 0.33
UNANSWERED = frozenset({"model", "quota", "auth", "rate_limit"})
"""Kinds of errors after which no model has answered."""


@dataclass(frozen=True)
class Run:
    job: str
    at: datetime
    tokens: float


def hosts() -> Iterator[tuple[str, list[Run], list[JobFacts]]]:
    """Yield name, runs and jobs of each installation."""
    with (DATA / "cron_runs.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    with (DATA / "cron_jobs.csv").open(newline="") as stream:
        jobs = list(csv.DictReader(stream))
    for host in sorted({row["account"] for row in rows}):
        mine = [row for row in rows if row["account"] == host]
        listed = [row for row in jobs if row["account"] == host]
        modelless = {row["job"] for row in listed if row["payload_kind"] == "systemEvent"}
        yield host, _runs(mine, modelless), [_job(row) for row in listed]


def _runs(rows: Sequence[dict[str, str]], modelless: Collection[str]) -> list[Run]:
    told: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row["input_tokens"]:
            told[row["job"]].append(int(row["input_tokens"]) + int(row["output_tokens"] or 0))
    common = fmean(tokens for each in told.values() for tokens in each)
    found = []
    for row in rows:
        tokens = 0.0
        if row["input_tokens"]:
            tokens = float(int(row["input_tokens"]) + int(row["output_tokens"] or 0))
        elif row["job"] not in modelless and row["error_kind"] not in UNANSWERED:
            tokens = fmean(told[row["job"]]) if told[row["job"]] else common
        found.append(Run(row["job"], datetime.fromisoformat(row["started_utc"]), tokens))
    return sorted(found, key=lambda run: run.at)


def _job(row: dict[str, str]) -> JobFacts:
    """Make the job as it stands in the list; one that was deleted since is taken to run on as it did."""
    schedules = {
        "cron": {"kind": "cron", "expr": row["cron_expr"], "tz": row["tz"], "staggerMs": 0},
        "every": {"kind": "every", "everyMs": int(row["every_ms"] or 0), "anchorMs": 0},
    }
    schedule = schedules.get(row["schedule_kind"], {"kind": "unknown"})
    return JobFacts(id=row["job"], name=row["job"], schedule=schedule, payload_kind="agentTurn", revision="r")


def bench() -> None:
    """Print the error of the next 24 h, every 6 h after two days, weighted by tokens.

    The peers let the last hour's or the last day's rate go on; the fixed amount is the best one in hindsight.
    """
    for name, runs, jobs in hosts():
        days = list(_days(runs, jobs))
        came = [day[0] for day in days]
        ours, hour, last = (_error([day[answer] for day in days], came) for answer in (1, 2, 3))
        fixed = _error([median(came)] * len(came), came)
        line(
            f"next 24 h of cron-only host {name}, error",
            f"{ours:.2f}",
            f"≤ {BAR}   last hour {hour:.2f}, last day {last:.2f}, best fixed amount {fixed:.2f}, {len(days)} cases",
            met=ours <= BAR,
        )


def _days(runs: Sequence[Run], jobs: Sequence[JobFacts]) -> Iterator[tuple[float, float, float, float]]:
    """Yield for each moment what came, and what we, the last hour and the last day say."""
    now = runs[0].at + 2 * DAY
    while now + DAY <= runs[-1].at:
        ours = _foretold([run for run in runs if run.at < now], jobs, now)
        hour = 24 * _between(runs, now - timedelta(hours=1), now)
        yield _between(runs, now, now + DAY), ours, hour, _between(runs, now - DAY, now)
        now += timedelta(hours=6)


def _between(runs: Sequence[Run], begin: datetime, end: datetime) -> float:
    return sum(run.tokens for run in runs if begin <= run.at < end)


def _error(said: Sequence[float], came: Sequence[float]) -> float:
    return sum(abs(one - other) for one, other in zip(said, came, strict=True)) / sum(came)


def _foretold(past: Sequence[Run], jobs: Sequence[JobFacts], now: datetime) -> float:
    by_job: dict[str, list[Run]] = defaultdict(list)
    for run in past:
        if run.at >= now - 7 * DAY:
            by_job[run.job].append(run)
    uses = tuple(_use(job, runs, now) for job, runs in by_job.items())
    history = History(provider="any", unit="tokens", begin=now - DAY, jobs=uses)
    unknown = {job.id for job in jobs if job.schedule["kind"] == "unknown"}
    going_on = sum(run.tokens for run in past if run.job in unknown and run.at >= now - DAY)
    alive = [job for job in jobs if any(run.at >= now - 2 * DAY for run in by_job.get(job.id, []))]
    return scheduled(history, alive, now, 24)(24)[0] + going_on


def _use(job: str, runs: Sequence[Run], now: datetime) -> JobUse:
    recent = [run for run in runs if run.at >= now - DAY]
    tokens = sorted(int(run.tokens) for run in runs[-50:])
    return JobUse(
        job=job,
        runs=len(runs),
        mean=int(fmean(tokens)),
        p90=tokens[len(tokens) * 9 // 10 - (len(tokens) * 9 // 10 == len(tokens))],
        last_day=len(recent) if len(runs) > len(recent) else None,
    )

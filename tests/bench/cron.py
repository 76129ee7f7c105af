"""How well the next day of a host that only runs jobs is foretold, on recorded runs of two real installations.

Most runs report no tokens; such a run is taken to have used what the job's other runs did, in the truth too.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean

from reconciler.facts.model import History, JobFacts, JobUse
from reconciler.forecast.scheduled import scheduled
from tests.bench.measure import line


DATA = Path(__file__).parents[1] / "data" / "forecast"
DAY = timedelta(days=1)
BAR = 0.33


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
        yield host, _runs(mine), [_job(row) for row in jobs if row["account"] == host]


def _runs(rows: Sequence[dict[str, str]]) -> list[Run]:
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
        elif row["status"] == "ok":
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
    """Print the error of the next 24 h, every 6 h after two days, weighted by tokens."""
    for name, runs, jobs in hosts():
        errors, total, peer = 0.0, 0.0, 0.0
        now = runs[0].at + 2 * DAY
        while now + DAY <= runs[-1].at:
            came = sum(run.tokens for run in runs if now <= run.at < now + DAY)
            last = sum(run.tokens for run in runs if now - DAY <= run.at < now)
            ours = _foretold([run for run in runs if run.at < now], jobs, now)
            total, errors, peer = total + came, errors + abs(ours - came), peer + abs(last - came)
            now += timedelta(hours=6)
        line(
            f"next 24 h of cron-only host {name}, error",
            f"{errors / total:.2f}",
            f"≤ {BAR}   last day {peer / total:.2f}",
            met=errors / total <= BAR,
        )


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

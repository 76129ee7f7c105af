"""What two real installations ran, repeated to a month; what is recorded and what is assumed is told in docs/simulation.md."""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import fmean

from reconciler.catalog.model import shipped
from reconciler.facts.gather import prompt_facts
from reconciler.facts.model import JobFacts
from reconciler.jsontypes import Json
from reconciler.tasks.signals import signals_of
from tests.labels import Labelled, read_labels


DATA = Path(__file__).parents[2] / "data" / "forecast"
HOURS = 720
HOUR = timedelta(hours=1)
_LIMITED = {"quota", "rate_limit"}
_BOTH_TOLD = ("2026-03-24T14", "2026-03-25T06")
"""Hours in which both the sessions and nearly every run of installation A have tokens."""
_SHARES = {"simple": 51, "reasoning": 33, "creative": 11, "coding": 4}
"""Of 117 prompts of real scheduled jobs, labelled by hand, in percent."""
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job, with the model that it was recorded on; *context* is the size of its last request, 0 if untold.

    A size that does not fit the model is the sum of several requests, which some providers tell instead.
    """

    at: datetime
    job: str
    model: str
    input: int
    output: int
    context: int

    @property
    def tokens(self) -> int:
        return self.input + self.output


@dataclass(frozen=True)
class Installation:
    """Whole recorded days of one host, to be repeated; *limited* is the share of its runs that met a limit."""

    name: str
    begin: datetime
    days: int
    runs: tuple[Run, ...]
    jobs: tuple[JobFacts, ...]
    prompt_chars: Mapping[str, int]
    limited: float

    def month(self) -> Iterator[Run]:
        """Yield the runs of 30 days, oldest first: the recorded days over and over."""
        for copy in range(30 // self.days):
            later = timedelta(days=self.days * copy)
            yield from (replace(run, at=run.at + later) for run in self.runs)


@cache
def installations() -> tuple[Installation, ...]:
    """Return A and D over the days in which all of their recurring jobs ran."""
    return (
        _installation("A", datetime.fromisoformat("2026-03-22T06:00Z"), 3),
        _installation("D", datetime.fromisoformat("2026-02-05T00:00Z"), 15),
    )


def _installation(name: str, begin: datetime, days: int) -> Installation:
    listed = [row for row in _rows("cron_jobs.csv") if row["account"] == name]
    silent = {row["job"] for row in listed if row["payload_kind"] == "systemEvent"}
    rows = [row for row in _rows("cron_runs.csv") if row["account"] == name and row["job"] not in silent]
    end = begin + timedelta(days=days)
    seen = [run for run in _runs(rows) if begin <= run.at < end]
    often = Counter(run.job for run in seen)
    recurring = {row["job"] for row in listed if row["schedule_kind"] != "at" and often[row["job"]] > 1}
    chars = {row["job"]: int(row["prompt_chars"]) for row in listed if row["prompt_chars"]}
    return Installation(
        name=name,
        begin=begin,
        days=days,
        runs=tuple(run for run in seen if run.job in recurring),
        jobs=tuple(_job(row) for row in listed if row["job"] in recurring),
        prompt_chars=chars,
        limited=sum(row["error_kind"] in _LIMITED for row in rows) / len(rows),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def _runs(rows: Sequence[Mapping[str, str]]) -> list[Run]:
    """Fill in what a run did not tell: its job's usual model and mean tokens, else those of the installation."""
    models, tokens = defaultdict[str, Counter[str]](Counter), defaultdict[str, list[tuple[int, int]]](list)
    for row in rows:
        for key in (row["job"], ""):
            if row["model"]:
                models[key][f"{row['provider']}/{row['model']}"] += 1
            if row["input_tokens"]:
                tokens[key].append((int(row["input_tokens"]), int(row["output_tokens"] or 0)))
    usual = {key: found.most_common(1)[0][0] for key, found in models.items()}
    mean = {
        key: (int(fmean(each[0] for each in told)), int(fmean(each[1] for each in told)))
        for key, told in tokens.items()
    }
    found = []
    for row in rows:
        into, out = mean.get(row["job"], mean[""])
        if row["input_tokens"]:
            into, out = int(row["input_tokens"]), int(row["output_tokens"] or 0)
        known = f"{row['provider']}/{row['model']}" if row["model"] else usual.get(row["job"], usual[""])
        at = datetime.fromisoformat(row["started_utc"])
        context = int(row["context_tokens"] or 0)
        found.append(Run(at, row["job"], known, into, out, context if context <= _window(known) else 0))
    return sorted(found, key=lambda run: run.at)


@cache
def _window(ref: str) -> int:
    model = shipped().find(ref)
    return model.context_window or 0 if model else 0


def _job(row: Mapping[str, str]) -> JobFacts:
    schedules: dict[str, dict[str, Json]] = {
        "cron": {"kind": "cron", "expr": row["cron_expr"], "tz": row["tz"], "staggerMs": 0},
        "every": {"kind": "every", "everyMs": int(row["every_ms"] or 0), "anchorMs": 0},
    }
    return JobFacts(
        id=row["job"],
        name=row["job"],
        agent_id="main",
        schedule=schedules.get(row["schedule_kind"], {"kind": "unknown"}),
        payload_kind="agentTurn",
        revision="r",
    )


def with_tasks(installation: Installation, seed: int) -> tuple[tuple[JobFacts, ...], Mapping[str, str]]:
    """Give each job a real prompt, and return the jobs with the kind of task that people saw in each prompt.

    The prompts themselves are not recorded. How many jobs are of which kind follows the measured shares, which job
    is of which is drawn, and of the prompts of that kind one of the nearest in length is.
    """
    draw = random.Random(f"{installation.name} {seed}")
    kinds = _kinds(len(installation.jobs))
    draw.shuffle(kinds)
    jobs, truth = [], {}
    for job, kind in zip(installation.jobs, kinds, strict=True):
        told = installation.prompt_chars.get(job.id, 300)
        label = draw.choice(sorted(_prompts(kind), key=lambda each: abs(len(each.prompt) - told))[:_NEAREST])
        jobs.append(job.model_copy(update={"prompt": prompt_facts(signals_of(label.prompt))}))
        truth[job.id] = label.kind
    return tuple(jobs), truth


def _kinds(count: int) -> list[str]:
    """Share *count* jobs out by the measured mix; the largest remainders get what is left."""
    exact = {kind: count * share / sum(_SHARES.values()) for kind, share in _SHARES.items()}
    given = {kind: int(part) for kind, part in exact.items()}
    for kind in sorted(exact, key=lambda each: given[each] - exact[each])[: count - sum(given.values())]:
        given[kind] += 1
    return [kind for kind, number in given.items() for _ in range(number)]


@cache
def _prompts(kind: str) -> tuple[Labelled, ...]:
    return tuple(each for each in read_labels() if each.scheduled and each.kind == kind)


def people(installation: Installation, seed: int) -> tuple[int, ...]:
    """Return the tokens that people and agents use in each hour of the month.

    How much is what installation A's sessions held beyond its jobs, as a share of the jobs' use; when is the shape
    of one client of the hourly trace, drawn by *seed*.
    """
    of_jobs = sum(run.tokens for run in installation.month())
    clients = _clients()
    shape = clients[random.Random(f"people {seed}").choice(sorted(clients))]
    hours = [shape[hour % len(shape)] for hour in range(HOURS)]
    scale = of_jobs * beyond_jobs() / sum(hours)
    return tuple(round(amount * scale) for amount in hours)


@cache
def beyond_jobs() -> float:
    """Return the tokens of all sessions over those of jobs, less one, where both are recorded."""
    low, high = _BOTH_TOLD
    sessions = _sum(row for row in _rows("session_usage.csv") if low <= row["hour_utc"] < high)
    jobs = _sum(
        row for row in _rows("cron_runs.csv") if row["account"] == "A" and low <= row["started_utc"] < high
    )
    return sessions / jobs - 1


def _sum(rows: Iterable[Mapping[str, str]]) -> int:
    return sum(int(row["input_tokens"] or 0) + int(row["output_tokens"] or 0) for row in rows)


@cache
def _clients() -> Mapping[str, tuple[float, ...]]:
    found: dict[str, list[float]] = defaultdict(lambda: [0.0] * 336)
    for row in _rows("usage_hourly.csv"):
        found[row["account"]][int(row["hour"])] += int(row["input_tokens"]) + int(row["output_tokens"])
    return {name: tuple(hours) for name, hours in found.items()}

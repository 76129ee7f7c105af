from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.bounded import read_bounded
from reconciler.openclaw.database import read_only
from reconciler.openclaw.jobjson import read_jobs
from reconciler.openclaw.jobs import JobList, JobProblem


if TYPE_CHECKING:
    import sqlite3


LARGEST = 64 * 2**20  # bytes; 10,000 jobs with long prompts are about 20 MB
MOST_JOBS = 100_000
# Disabled jobs too, the largest page there is, and an order that running jobs do not change between two pages.
ASK: JsonObject = {"includeDisabled": True, "limit": 200, "sortBy": "name", "sortDir": "asc"}

Call = Callable[[str, JsonObject], JsonObject]


class StoreKind(StrEnum):
    NONE = "none"
    JOBS_JSON = "jobs.json"
    SQLITE = "sqlite"


@dataclass(frozen=True, slots=True)
class JobStore:
    """The store that a gateway of this state directory would use; *path* is None where there is none."""

    kind: StoreKind
    path: Path | None = None

    def read(self) -> JobList:
        """Read every job without a gateway, and without changing a byte.

        Raises:
            ReconcilerError: the store cannot be read at all.
        """
        if self.path is None:
            return JobList()
        return _read_sqlite(self.path) if self.kind is StoreKind.SQLITE else _read_files(self.path)


def find_store(state_dir: Path) -> JobStore:
    """Find the live store: SQLite where it is there, because `jobs.json` beside it is what was left behind.

    A `jobs.json.migrated` or `jobs.json.bak` is never live.
    """
    database, file = state_dir / "state" / "openclaw.sqlite", state_dir / "cron" / "jobs.json"
    if database.exists() and (_has_jobs(database) or not file.exists()):
        return JobStore(StoreKind.SQLITE, database)
    return JobStore(StoreKind.JOBS_JSON, file) if file.exists() else JobStore(StoreKind.NONE)


def list_jobs(call: Call) -> JobList:
    """Ask a gateway for all its jobs, page by page; *call* sends one RPC and gives its payload.

    Raises:
        ReconcilerError: the gateway's answers lead nowhere.
    """
    items: list[Json] = []
    offset = 0
    while len(items) < MOST_JOBS:
        page = call("cron.list", {**ASK, "offset": offset})
        listed = page.get("jobs")
        if not isinstance(listed, list | tuple):
            break
        items.extend(listed)
        if page.get("hasMore") is not True:
            return read_jobs(items)
        following = page.get("nextOffset")
        if not listed or not isinstance(following, int) or following <= offset:
            break
        offset = following
    raise ReconcilerError(
        "the gateway's list of jobs does not come to an end",
        evidence=(f"cron.list stopped making sense after {len(items)} jobs",),
        hint="look at: openclaw cron list --all --json",
    )


def rewrite_jobs_json(text: str, changes: Mapping[str, JsonObject]) -> str:
    """Change what a plan may write of jobs in an early `jobs.json`, and nothing else.

    *changes* maps a job's id to the wanted values of `model`, `fallbacks` and `thinking` of its payload, of which
    None removes one, and of `schedule` and `enabled`; under another schedule the next run is forgotten, so that
    the gateway counts it anew. The result has the layout of the gateway's own file. Only for a host whose gateway is stopped: a running one overwrites the file.

    Raises:
        ReconcilerError: the file is no job list, or a job is not in it or calls no model.
    """
    document = _document(text, "jobs.json")
    jobs = {job.get("id"): job for job in document["jobs"] if isinstance(job, dict)}
    for job_id, wanted in changes.items():
        job = jobs.get(job_id, {})
        payload = job.get("payload")
        if not isinstance(payload, dict) or payload.get("kind") != "agentTurn":
            raise ReconcilerError(
                "jobs.json has no job that takes this model",
                evidence=(f"no agentTurn job has the id {job_id}",),
                hint="plan again",
            )
        _set(payload, wanted)
        _retime(job, wanted)
    return json.dumps(document, indent=2, ensure_ascii=False) + ("\n" if text.endswith("\n") else "")


def _set(payload: dict[str, Json], wanted: JsonObject) -> None:
    for key in ("model", "fallbacks", "thinking"):
        if key not in wanted:
            continue
        value = wanted[key]
        if value is None:
            payload.pop(key, None)
        else:
            payload[key] = value


def _retime(job: dict[str, Any], wanted: JsonObject) -> None:
    job.update({key: wanted[key] for key in ("schedule", "enabled") if key in wanted})
    if "schedule" in wanted and isinstance(job.get("state"), dict):
        job["state"].pop("nextRunAtMs", None)


def _read_files(path: Path) -> JobList:
    """Read `jobs.json`; from 2026.5 the live state stands in `jobs-state.json`, and wins."""
    text = read_bounded(path, LARGEST)
    if text is None:
        return JobList()
    items = _document(text, str(path))["jobs"]
    beside = read_bounded(path.with_name("jobs-state.json"), LARGEST)
    if beside is None:
        return read_jobs(items)
    states = _object(beside, "jobs-state.json").get("jobs")
    return read_jobs([_with_state(item, states if isinstance(states, Mapping) else {}) for item in items])


def _with_state(item: Json, states: JsonObject) -> Json:
    if not isinstance(item, Mapping):
        return item
    kept = states.get(str(item.get("id")))
    return {**item, "state": kept.get("state") if isinstance(kept, Mapping) else None}


def _document(text: str, name: str) -> dict[str, Any]:
    document = _object(text, name)
    if not isinstance(document.get("jobs"), list):
        raise ReconcilerError(
            f"{name} holds no list of jobs", hint="start the gateway, which repairs its own store"
        )
    return document


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReconcilerError(
            f"{name} is not JSON",
            evidence=(str(error),),
            hint="start the gateway, which repairs its own store",
        ) from error
    return document if isinstance(document, dict) else {}


def _read_sqlite(path: Path) -> JobList:
    """Read the columns that every SQLite layout since 2026.6.1 has."""
    with _opened(path) as database:
        rows = database.execute(
            "SELECT job_id, enabled, job_json, state_json FROM cron_jobs"
            " ORDER BY sort_order, updated_at, job_id LIMIT ?",
            (MOST_JOBS,),
        ).fetchall()
    return _from_rows(rows)


def _has_jobs(path: Path) -> bool:
    """Say whether jobs moved into the database already; its other tables came earlier."""
    with _opened(path) as database:
        found = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'cron_jobs'").fetchone()
    return found is not None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    import sqlite3

    try:
        with read_only(path) as database:
            yield database
    except sqlite3.Error as error:
        raise ReconcilerError(
            f"cannot read the jobs in {path}", evidence=(str(error),), hint="start the gateway and try again"
        ) from error


def _from_rows(rows: Sequence[tuple[object, ...]]) -> JobList:
    found = [_from_row(*row) for row in rows]
    listed = read_jobs([item for item in found if not isinstance(item, JobProblem)])
    broken = tuple(item for item in found if isinstance(item, JobProblem))
    return JobList(listed.jobs, (*broken, *listed.problems))


def _from_row(job_id: object, enabled: object, job: object, state: object) -> JsonObject | JobProblem:
    item, kept = _json(job), _json(state)
    if not isinstance(item, Mapping):
        return JobProblem(str(job_id), "its job_json is not an object")
    return {**item, "id": str(job_id), "enabled": bool(enabled), "state": kept}


def _json(text: object) -> Json:
    try:
        found: Json = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found

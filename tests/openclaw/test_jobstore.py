from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.jobjson import read_jobs
from reconciler.openclaw.jobstore import StoreKind, find_store, list_jobs, rewrite_jobs_json


CRON = Path(__file__).parent / "fixtures" / "cron"
EARLY = (CRON / "2026.3.22" / "jobs.json").read_text(encoding="utf-8")


def with_files(state_dir: Path, *names: str) -> Path:
    (state_dir / "cron").mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(CRON / name, state_dir / "cron")
    return state_dir


def with_database(state_dir: Path, release: str, *, wal: bool = False) -> Path:
    path = state_dir / "state" / "openclaw.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as database:
        if wal:
            database.execute("PRAGMA journal_mode=wal")
        for part in ("schema.sql", "rows.sql"):
            database.executescript((CRON / release / part).read_text(encoding="utf-8"))
    return state_dir


def snapshot(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_no_store_means_no_jobs(tmp_path: Path) -> None:
    store = find_store(tmp_path)

    assert StoreKind.NONE is store.kind
    assert () == store.read().jobs


def test_the_early_store_is_one_file(tmp_path: Path) -> None:
    store = find_store(with_files(tmp_path, "2026.3.22/jobs.json"))

    found = store.read()
    assert StoreKind.JOBS_JSON is store.kind
    assert 16 == len(found.jobs)
    assert "ok" == found.jobs[0].state.last_status


def test_the_state_beside_the_file_is_the_live_one(tmp_path: Path) -> None:
    with_files(tmp_path, "2026.5.28/jobs.json", "2026.5.28/jobs-state.json")
    states = json.loads((CRON / "2026.5.28" / "jobs-state.json").read_text(encoding="utf-8"))
    first = next(iter(states["jobs"]))
    states["jobs"] = {first: {"state": {"lastStatus": "error"}}}
    (tmp_path / "cron" / "jobs-state.json").write_text(json.dumps(states), encoding="utf-8")

    found = {job.id: job.state.last_status for job in find_store(tmp_path).read().jobs}

    assert "error" == found.pop(first)
    assert {None} == set(found.values())


@pytest.mark.parametrize(("release", "count"), [("2026.6.1", 16), ("2026.9.6", 24)])
@pytest.mark.parametrize("wal", [False, True])
def test_both_sqlite_layouts_are_read_and_left_as_they_are(
    tmp_path: Path, release: str, count: int, *, wal: bool
) -> None:
    with_database(tmp_path, release, wal=wal)
    before = snapshot(tmp_path)

    store = find_store(tmp_path)
    found = store.read()

    assert StoreKind.SQLITE is store.kind
    assert count == len(found.jobs)
    assert () == found.problems
    assert before == snapshot(tmp_path)


def test_what_an_open_gateway_wrote_last_is_read(tmp_path: Path) -> None:
    with_database(tmp_path, "2026.9.6", wal=True)
    with closing(sqlite3.connect(tmp_path / "state" / "openclaw.sqlite")) as gateway:
        gateway.execute("UPDATE cron_jobs SET enabled = 0")
        gateway.commit()

        found = find_store(tmp_path).read()

    assert {False} == {job.enabled for job in found.jobs}


def test_a_database_tells_the_same_revision_as_its_gateway(tmp_path: Path) -> None:
    told = read_jobs(json.loads((CRON / "2026.9.6" / "cron-list.json").read_text(encoding="utf-8"))["jobs"])

    found = find_store(with_database(tmp_path, "2026.9.6")).read()

    revisions = {job.id: job.config_revision for job in told.jobs if "skill-" not in job.name}
    assert revisions == {job.id: job.revision for job in found.jobs if job.id in revisions}


def test_a_jobs_file_beside_a_database_is_not_live(tmp_path: Path) -> None:
    with_files(tmp_path, "2026.3.22/jobs.json")
    with_database(tmp_path, "2026.9.6")

    assert StoreKind.SQLITE is find_store(tmp_path).kind


def test_a_jobs_file_beside_a_database_without_jobs_is_live(tmp_path: Path) -> None:
    with_files(tmp_path, "2026.3.22/jobs.json")
    (tmp_path / "state").mkdir()
    with closing(sqlite3.connect(tmp_path / "state" / "openclaw.sqlite")) as database:
        database.execute("CREATE TABLE other (x)")

    assert StoreKind.JOBS_JSON is find_store(tmp_path).kind


@pytest.mark.parametrize("name", ["jobs.json.migrated", "jobs.json.bak"])
def test_what_a_migration_left_behind_is_not_live(tmp_path: Path, name: str) -> None:
    with_files(tmp_path)
    shutil.copy(CRON / "2026.3.22" / "jobs.json", tmp_path / "cron" / name)

    assert StoreKind.NONE is find_store(tmp_path).kind


def test_a_broken_row_hides_no_other(tmp_path: Path) -> None:
    with_database(tmp_path, "2026.9.6")
    with closing(sqlite3.connect(tmp_path / "state" / "openclaw.sqlite")) as database:
        database.execute("UPDATE cron_jobs SET job_json = '{' WHERE name = 'Bedtime story'")
        database.commit()

    found = find_store(tmp_path).read()

    assert 23 == len(found.jobs)
    assert ["its job_json is not an object"] == [problem.reason for problem in found.problems]


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "openclaw.sqlite").write_text(
        "no database at all, but long enough" * 9, encoding="utf-8"
    )

    with pytest.raises(ReconcilerError, match="cannot read the jobs"):
        find_store(tmp_path).read()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"jobs": {}}', "[" * 100_000])
def test_a_file_that_is_no_job_list_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with_files(tmp_path)
    (tmp_path / "cron" / "jobs.json").write_text(text, encoding="utf-8")

    with pytest.raises(ReconcilerError):
        find_store(tmp_path).read()


class Pages:
    """A gateway's `cron.list`, *size* jobs at a time."""

    def __init__(self, count: int, size: int) -> None:
        payload = {"kind": "systemEvent", "text": "x"}
        every = {"kind": "every", "everyMs": 1000}
        self.jobs = [
            {"id": f"j{n}", "name": "n", "schedule": every, "payload": payload} for n in range(count)
        ]
        self.size = size
        self.asked: list[JsonObject] = []

    def __call__(self, method: str, params: JsonObject) -> JsonObject:
        assert "cron.list" == method
        self.asked.append(params)
        start = params["offset"]
        assert isinstance(start, int)
        end = start + self.size
        more = end < len(self.jobs)
        return {"jobs": self.jobs[start:end], "hasMore": more, "nextOffset": end if more else None}


def test_a_gateway_is_asked_for_disabled_jobs_and_every_page() -> None:
    pages = Pages(5, 2)

    found = list_jobs(pages)

    assert 5 == len(found.jobs)
    assert [0, 2, 4] == [params["offset"] for params in pages.asked]
    assert {True} == {params["includeDisabled"] for params in pages.asked}


def test_a_gateway_that_pages_for_ever_is_left() -> None:
    with pytest.raises(ReconcilerError, match="does not come to an end"):
        list_jobs(lambda _method, _params: {"jobs": [], "hasMore": True, "nextOffset": 0})
    with pytest.raises(ReconcilerError, match="does not come to an end"):
        list_jobs(
            lambda _method, params: {
                "jobs": [],
                "hasMore": True,
                "nextOffset": int(str(params["offset"])) + 1,
            }
        )
    with pytest.raises(ReconcilerError, match="does not come to an end"):
        list_jobs(lambda _method, _params: {"jobs": [{}], "hasMore": True, "nextOffset": 0})
    with pytest.raises(ReconcilerError, match="does not come to an end"):
        list_jobs(lambda _method, _params: {})


def test_rewriting_nothing_gives_the_gateways_own_bytes() -> None:
    assert EARLY == rewrite_jobs_json(EARLY, {})


def test_only_the_named_models_change() -> None:
    first, second = (job["id"] for job in json.loads(EARLY)["jobs"][:2])

    text = rewrite_jobs_json(
        EARLY, {first: {"model": "zai/glm", "fallbacks": ["zai/air"]}, second: {"model": None}}
    )

    before, after = json.loads(EARLY)["jobs"], json.loads(text)["jobs"]
    before[0]["payload"] |= {"model": "zai/glm", "fallbacks": ["zai/air"]}
    del before[1]["payload"]["model"]
    assert before == after


def test_a_rewrite_undoes_itself() -> None:
    first = json.loads(EARLY)["jobs"][0]
    changed = rewrite_jobs_json(EARLY, {first["id"]: {"model": "zai/glm", "fallbacks": []}})

    back = rewrite_jobs_json(changed, {first["id"]: {"model": first["payload"]["model"], "fallbacks": None}})

    assert EARLY == back


def test_letters_of_every_language_stay_as_they_are() -> None:
    text = json.dumps({"jobs": [{"id": "j", "name": "Übersicht 概要 \u2028"}]}, indent=2, ensure_ascii=False)

    assert text == rewrite_jobs_json(text, {})


@pytest.mark.parametrize("payload", [None, {"kind": "systemEvent", "text": "x"}, {"kind": "command"}])
def test_a_job_that_takes_no_model_is_refused(payload: Any) -> None:
    text = json.dumps({"jobs": [{"id": "j", "payload": payload}]})

    for job_id in ("j", "gone"):
        with pytest.raises(ReconcilerError, match="no job that takes this model"):
            rewrite_jobs_json(text, {job_id: {"model": "x/y"}})

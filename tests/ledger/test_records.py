from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.ledger.record import FileChange, JobChange, JobValues, Record, TextEdit
from reconciler.ledger.records import Records
from reconciler.plan.model import PlanHost


NOW = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
FILE = FileChange(
    path="/home/me/.openclaw/openclaw.json",
    sha256_before="a" * 64,
    sha256_after="b" * 64,
    edits=(TextEdit(offset=7, before="'ä'", after="'ö'"),),
    inverse=({"op": "test", "path": "/a", "value": "ö"}, {"op": "replace", "path": "/a", "value": "ä"}),
    outcome="done",
)
JOB = JobChange(
    address="job/Digest",
    id="j1",
    before=JobValues(),
    after=JobValues(model="ollama/qwen3:8b", fallbacks=()),
    effective_before="openai/gpt-5.4",
    revision_before="r1",
    revision_after="r2",
    outcome="failed",
    note="somebody else was quicker",
)


def record(name: str = "20260914T060000Z-abcdef", *, minutes: int = 0, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "id": name,
        "action": "apply",
        "created_at": NOW + timedelta(minutes=minutes),
        "status": "partial",
        "host": PlanHost(id="host-1", label="a host", version="2026.9.6", layout="modern"),
        "plan": "sha256:1",
        "addresses": ("job/Digest",),
        "files": (FILE,),
        "jobs": (JOB,),
    }
    return Record(**{**values, **changes})


def test_a_record_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = record()

    Records(tmp_path).save(saved)

    assert (saved,) == Records(tmp_path).all()


def test_saving_again_overwrites(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.save(record(status="begun"))

    records.save(record(status="done"))

    assert ["done"] == [found.status for found in records.all()]


def test_the_newest_stands_first(tmp_path: Path) -> None:
    records = Records(tmp_path)
    for name, minutes in (("b", 1), ("c", 2), ("a", 0)):
        records.save(record(name, minutes=minutes))

    assert ["c", "b", "a"] == [found.id for found in records.all()]
    assert "c" == records.find("latest").id


def test_a_record_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.save(record("20260914-aa"))
    records.save(record("20260914-ab", minutes=1))

    assert "20260914-aa" == records.find("20260914-aa").id
    with pytest.raises(ReconcilerError, match="more than one record begins with '20260914-a'"):
        records.find("20260914-a")
    with pytest.raises(ReconcilerError, match="no record begins with '2027'"):
        records.find("2027")


def test_a_whole_id_is_found_although_another_begins_with_it(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.save(record("20260914-a"))
    records.save(record("20260914-ab", minutes=1))

    assert "20260914-a" == records.find("20260914-a").id


def test_the_apply_of_a_plan_is_found_and_its_rollback_is_not(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.save(record("apply", plan="sha256:1"))
    records.save(record("undo", plan="sha256:1", action="rollback", minutes=1))

    found = records.of_plan("sha256:1")

    assert found
    assert "apply" == found.id
    assert records.of_plan("sha256:2") is None


def test_reading_creates_no_ledger(tmp_path: Path) -> None:
    state = tmp_path / "state"

    assert () == Records(state).all()

    assert not state.exists()


@pytest.mark.parametrize("document", ["{}", "not json", '{"kind": "Record", "canary": "secret"}'])
def test_a_record_of_another_shape_hides_no_other_and_still_uses_its_plan_up(
    tmp_path: Path, document: str
) -> None:
    records = Records(tmp_path)
    records.save(record())
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE records SET document = ?", (document,))

    assert ((), 1) == (records.all(), records.unreadable())
    with pytest.raises(ReconcilerError, match="does not have the shape of one") as caught:
        records.of_plan(record().plan)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "wrote"),
    [
        ({"files": (), "jobs": ()}, False),
        (
            {"files": (), "jobs": (JOB.model_copy(update={"outcome": "refused", "revision_after": None}),)},
            False,
        ),
        ({"files": (), "jobs": (JOB.model_copy(update={"outcome": "unknown"}),)}, True),
        ({"files": (), "jobs": (JOB,)}, True),
        ({"files": (), "jobs": (JOB.model_copy(update={"after": JOB.before}),)}, False),
        ({"jobs": ()}, True),
    ],
    ids=["nothing", "refused", "unknown", "kept in part", "kept nothing", "a file"],
)
def test_a_record_knows_whether_anything_was_written(changes: dict[str, Any], *, wrote: bool) -> None:
    assert wrote is record(**changes).wrote

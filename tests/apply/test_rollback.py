from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.apply.rollback import inexact, rollback
from reconciler.apply.run import Run
from reconciler.errors import ReconcilerError, Refused
from reconciler.ledger.record import FileChange, JobChange, JobValues, Outcome, Record, TextEdit
from reconciler.openclaw.home import Home
from reconciler.openclaw.host import JobChoice, Snapshot
from reconciler.openclaw.jobs import Job
from reconciler.openclaw.live import LiveHost
from reconciler.plan.model import PlanHost
from tests.openclaw.fake_cron import cron_job


NOW = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
OLD, NEW = "{ a: 1, b: 1 } // mine\n", "{ a: 2, b: 1 } // mine\n"
LOCAL, OTHER = "ollama/qwen3:8b", "openai/gpt-5.4"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Stopped:
    """A home whose gateway is stopped, its records, and a host that can be told to fail."""

    directory: Path
    saved: dict[str, Record] = field(default_factory=dict)
    failing: bool = False

    @property
    def config(self) -> Path:
        return self.directory / "openclaw.json"

    @property
    def models(self) -> list[str | None]:
        jobs = json.loads((self.directory / "cron" / "jobs.json").read_text())["jobs"]
        return [job["payload"].get("model") for job in jobs]

    def has(self, config: str, *models: str | None) -> None:
        """Write the files as they stand when the rollback begins."""
        self.config.write_text(config)
        (self.directory / "cron").mkdir(exist_ok=True)
        jobs = [
            cron_job(f"j{number}", f"Job {number}", **({"model": model} if model else {}))
            for number, model in enumerate(models, 1)
        ]
        (self.directory / "cron" / "jobs.json").write_text(json.dumps({"jobs": jobs}, indent=2))

    def read(self) -> Snapshot:
        return self._live().read()

    def write_file(self, path: Path, new: bytes, *, expected_sha256: str) -> None:
        self._live().write_file(path, new, expected_sha256=expected_sha256)

    def write_job(self, job: Job, wanted: JobChoice) -> Job:
        if self.failing:
            raise ReconcilerError("the gateway is busy", hint="-")
        return self._live().write_job(job, wanted)

    def _live(self) -> LiveHost:
        environ = {"OPENCLAW_GATEWAY_PORT": "9", "PATH": ""}
        return LiveHost(Home(self.config, self.directory), environ, device_dir=self.directory / "device")

    def record(self, file: Outcome, *jobs: Outcome) -> Record:
        """Record an apply that was to set `a` to 2 and each job, which had no model, to the local one."""
        live = self.read()
        return Record(
            id="20260914T060000Z-abcdef",
            action="apply",
            created_at=NOW,
            status="begun",
            host=PlanHost(id=live.id, label=live.label, layout="none"),
            plan="sha256:1",
            files=(
                FileChange(
                    path=str(self.config),
                    sha256_before=sha256(OLD),
                    sha256_after=sha256(NEW),
                    edits=(TextEdit(offset=5, before="1", after="2"),),
                    inverse=(
                        {"op": "test", "path": "/a", "value": 2},
                        {"op": "replace", "path": "/a", "value": 1},
                    ),
                    outcome=file,
                ),
            ),
            jobs=tuple(
                JobChange(
                    address=f"job/Job {number}",
                    id=f"j{number}",
                    before=JobValues(),
                    after=JobValues(model=LOCAL),
                    revision_before=live.jobs.jobs[number - 1].revision,
                    outcome=outcome,
                )
                for number, outcome in enumerate(jobs, 1)
            ),
        )

    def undo(self, done: Record) -> Record:
        def save(record: Record) -> None:
            self.saved[record.id] = record

        return rollback(done, Run(self, save, lambda _line: None), now=NOW)


@pytest.fixture
def home(tmp_path: Path) -> Stopped:
    return Stopped(tmp_path)


def places(record: Record) -> Iterable[tuple[str, Outcome]]:
    yield from ((Path(file.path).name, file.outcome) for file in record.files)
    yield from ((job.address, job.outcome) for job in record.jobs)


def test_everything_that_was_done_is_undone(home: Stopped) -> None:
    home.has(NEW, LOCAL, LOCAL)

    done = home.record("done", "done", "done")
    undo = home.undo(done)

    assert (OLD, [None, None]) == (home.config.read_text(), home.models)
    assert ("done", done.id) == (undo.status, undo.undoes)
    assert undo.id == home.saved[done.id].undone_by


def test_what_was_written_just_before_a_crash_is_undone_although_the_record_does_not_know(
    home: Stopped,
) -> None:
    home.has(NEW, LOCAL, None)

    undo = home.undo(home.record("done", "writing", "pending"))

    assert [("openclaw.json", "done"), ("job/Job 1", "done")] == list(places(undo))
    assert (OLD, [None, None]) == (home.config.read_text(), home.models)


def test_what_a_crash_never_came_to_is_somebody_elses(home: Stopped) -> None:
    """Another apply may have written the very same model since."""
    home.has(NEW, LOCAL, LOCAL)

    undo = home.undo(home.record("pending", "done", "pending"))

    assert [("job/Job 1", "done")] == list(places(undo))
    assert (NEW, [None, LOCAL]) == (home.config.read_text(), home.models)


@pytest.mark.parametrize("outcome", ["unknown", "failed"])
def test_what_may_have_been_written_is_undone_where_it_was(home: Stopped, outcome: Outcome) -> None:
    home.has(OLD, LOCAL, None)

    undo = home.undo(home.record("failed", outcome, outcome))

    assert [("job/Job 1", "done")] == list(places(undo))
    assert [None, None] == home.models


def test_a_humans_choice_that_stood_in_the_way_is_neither_touched_nor_told(home: Stopped) -> None:
    home.has("{ a: 7 }", OTHER, LOCAL)

    undo = home.undo(home.record("refused", "refused", "done"))

    assert [("job/Job 2", "done")] == list(places(undo))
    assert ("{ a: 7 }", [OTHER, None]) == (home.config.read_text(), home.models)


def test_what_already_stands_as_before_is_not_written_again(home: Stopped) -> None:
    home.has(OLD, None)
    before = home.config.stat().st_mtime_ns

    undo = home.undo(home.record("done", "done"))

    assert () == undo.outcomes
    assert "done" == undo.status
    assert before == home.config.stat().st_mtime_ns


def test_what_somebody_edited_since_is_skipped_and_told(home: Stopped) -> None:
    home.has("{ a: 3, b: 1 }", OTHER, LOCAL)
    done = home.record("done", "done", "done")

    undo = home.undo(done)

    assert [("openclaw.json", "skipped"), ("job/Job 1", "skipped"), ("job/Job 2", "done")] == list(
        places(undo)
    )
    assert ("{ a: 3, b: 1 }", [OTHER, None]) == (home.config.read_text(), home.models)
    assert 2 == sum("changed since the apply; left as it is now" in line for line in inexact(undo, done))


def test_our_values_go_back_beside_other_edits_and_it_is_told(home: Stopped) -> None:
    home.has(NEW.replace("b: 1", "b: 5"))
    done = home.record("done")

    undo = home.undo(done)

    assert OLD.replace("b: 1", "b: 5") == home.config.read_text()
    assert [f"{home.config}: our values are back; other edits made since the apply stay"] == list(
        inexact(undo, done)
    )


def test_a_rollback_that_failed_can_be_tried_again(home: Stopped) -> None:
    home.has(NEW, LOCAL)
    done = home.record("done", "done")
    home.failing = True
    failed = home.undo(done)
    home.failing = False

    assert ("partial", ("done", "failed")) == (failed.status, failed.outcomes)
    assert done.id not in home.saved

    assert "done" == home.undo(done).status
    assert (OLD, [None]) == (home.config.read_text(), home.models)


def test_an_undone_record_is_not_undone_again(home: Stopped) -> None:
    home.has(NEW, LOCAL)
    done = home.record("done", "done")
    undo = home.undo(done)

    with pytest.raises(Refused, match=f"was undone by {undo.id}"):
        home.undo(home.saved[done.id])
    with pytest.raises(Refused, match="is a rollback itself"):
        home.undo(undo)


def test_a_file_that_is_no_longer_part_of_the_configuration_is_skipped(home: Stopped) -> None:
    home.has(NEW)
    done = home.record("done")
    gone = done.files[0].model_copy(update={"path": str(home.directory / "gone.json")})

    undo = home.undo(done.model_copy(update={"files": (gone,)}))

    assert [("gone.json", "skipped")] == list(places(undo))

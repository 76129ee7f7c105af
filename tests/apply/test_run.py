from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.apply.run import Run
from reconciler.errors import ReconcilerError, Refused, StalePlan
from reconciler.ledger.record import FileChange, JobChange, JobValues, Outcome, Record, TextEdit
from reconciler.openclaw.gateway_errors import MissingScope
from reconciler.openclaw.host import GatewayNeeded, JobChoice, JobsFrom, Snapshot, Unconfirmed, choice_of
from reconciler.openclaw.jobjson import read_jobs
from reconciler.openclaw.jobs import Job
from reconciler.openclaw.source import read_config
from reconciler.plan.model import PlanHost
from tests.openclaw.fake_cron import cron_job


OLD, NEW = "{ a: 1 }\n", "{ a: 2 }\n"
WANTED = JobValues(model="ollama/qwen3:8b")


@dataclass
class ScriptedHost:
    """A host that fails where it is told to: by file name or job id; a function says what a job becomes."""

    snapshot: Snapshot
    failures: dict[str, BaseException] = field(default_factory=dict)
    becomes: Callable[[JobChoice], JobChoice] = lambda wanted: wanted
    effects: list[str] = field(default_factory=list)

    def read(self) -> Snapshot:
        return self.snapshot

    def write_file(self, path: Path, new: bytes, *, expected_sha256: str) -> None:
        self._effect(path.name)
        assert NEW.encode() == new
        assert self.snapshot.source.files[0].sha256 == expected_sha256

    def write_job(self, job: Job, wanted: JobChoice) -> Job:
        self._effect(job.id)
        now = self.becomes(wanted)
        return replace(job, model=now.model, fallbacks=now.fallbacks, config_revision="r2")

    def _effect(self, name: str) -> None:
        self.effects.append(name)
        if failure := self.failures.get(name):
            raise failure


@dataclass
class Journal:
    """What was saved, and which effects had happened by then."""

    host: ScriptedHost
    saved: list[tuple[int, Record]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def save(self, record: Record) -> None:
        self.saved.append((len(self.host.effects), record))

    @property
    def run(self) -> Run:
        return Run(self.host, self.save, self.told.append)

    @property
    def last(self) -> Record:
        return self.saved[-1][1]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(ScriptedHost(snapshot(tmp_path)))


def snapshot(directory: Path, *, jobs_from: JobsFrom = "gateway") -> Snapshot:
    (directory / "openclaw.json").write_text(OLD)
    jobs = read_jobs([cron_job("j1"), cron_job("j2", "Other")])
    source = read_config(directory / "openclaw.json")
    return Snapshot("host-1", "a host", source, jobs, jobs_from, "2026.9.6")


def record(live: Snapshot) -> Record:
    file = live.source.files[0]
    return Record(
        id="r",
        action="apply",
        created_at=datetime(2026, 9, 14, tzinfo=UTC),
        status="begun",
        host=PlanHost(id="host-1", label="a host", layout="none"),
        plan="sha256:1",
        files=(
            FileChange(
                path=str(file.path),
                sha256_before=file.sha256,
                sha256_after="",
                edits=(TextEdit(offset=5, before="1", after="2"),),
                inverse=(),
            ),
        ),
        jobs=tuple(
            JobChange(
                address=f"job/{name}", id=job_id, before=JobValues(), after=WANTED, revision_before="r1"
            )
            for job_id, name in (("j1", "Digest"), ("j2", "Other"))
        ),
    )


def carry_out(journal: Journal) -> Record:
    live = journal.host.snapshot
    return journal.run.carry_out(record(live), live)


def test_files_come_before_jobs_and_each_is_told(journal: Journal) -> None:
    done = carry_out(journal)

    assert "done" == done.status
    assert ("done",) * 3 == done.outcomes
    assert ["openclaw.json", "j1", "j2"] == journal.host.effects
    assert "wrote job/Digest: ollama/qwen3:8b" == journal.told[1]
    assert ["r2", "r2"] == [job.revision_after for job in done.jobs]


def test_the_record_is_saved_before_the_first_effect_and_after_each(journal: Journal) -> None:
    carry_out(journal)

    effects, first = journal.saved[0]
    assert (0, "begun", ("pending",) * 3) == (effects, first.status, first.outcomes)
    assert [0, 0, 1, 1, 2, 2, 3, 3] == [count for count, _ in journal.saved]
    assert [0, 0, 1, 1, 2, 2, 3, 3] == [saved.outcomes.count("done") for _, saved in journal.saved]
    assert [0, 1, 0, 1, 0, 1, 0, 0] == [saved.outcomes.count("writing") for _, saved in journal.saved]


def test_a_host_whose_first_write_fails_leaves_a_failed_record_with_the_reason(journal: Journal) -> None:
    journal.host.failures["openclaw.json"] = ReconcilerError(
        "the disk is full", hint="-", evidence=["0 bytes"]
    )

    done = carry_out(journal)

    assert "failed" == done.status
    assert ("failed", "pending", "pending") == done.outcomes
    assert "the disk is full; 0 bytes" == done.files[0].note
    assert done == journal.last
    assert ["openclaw.json"] == journal.host.effects


def test_the_first_failure_stops_the_run_and_leaves_the_rest_pending(journal: Journal) -> None:
    journal.host.failures["j1"] = ReconcilerError("no", hint="-")

    done = carry_out(journal)

    assert "partial" == done.status
    assert ("done", "failed", "pending") == done.outcomes
    assert "j2" not in journal.host.effects
    assert done == journal.last


@pytest.mark.parametrize(
    ("error", "outcome", "status"),
    [
        (StalePlan("changed", hint="-"), "refused", "failed"),
        (Refused("no", hint="-"), "refused", "failed"),
        (MissingScope("operator.admin", hint="-"), "refused", "failed"),
        (ReconcilerError("broken", hint="-"), "failed", "failed"),
        (Unconfirmed("who knows", hint="-"), "unknown", "partial"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_conflict_a_failure_and_the_unknown_are_told_apart(
    journal: Journal, error: ReconcilerError, outcome: Outcome, status: str
) -> None:
    journal.host.failures["j1"] = error
    live = journal.host.snapshot

    done = journal.run.carry_out(record(live).model_copy(update={"files": ()}), live)

    assert (outcome, "pending") == done.outcomes
    assert status == done.status


def test_a_host_that_keeps_a_part_is_noticed_and_the_record_says_what_it_has(journal: Journal) -> None:
    journal.host.becomes = lambda wanted: replace(wanted, model="openai/gpt-5.4")

    done = carry_out(journal)

    assert ("done", "failed", "pending") == done.outcomes
    assert JobValues(model="openai/gpt-5.4") == done.jobs[0].after
    assert "the host has openai/gpt-5.4 instead of ollama/qwen3:8b" == done.jobs[0].note
    assert not any("job/Digest" in line for line in journal.told)


def test_a_job_that_vanished_meanwhile_fails(journal: Journal) -> None:
    live = journal.host.snapshot
    without = replace(live, jobs=read_jobs([cron_job("j2", "Other")]))

    done = journal.run.carry_out(record(live), without)

    assert "job/Digest is gone" == done.jobs[0].note
    assert "j2" not in journal.host.effects


def test_what_a_rollback_skips_is_not_written(journal: Journal) -> None:
    live = journal.host.snapshot
    begun = record(live)
    skipped = begun.model_copy(
        update={
            "files": tuple(file.model_copy(update={"outcome": "skipped"}) for file in begun.files),
            "jobs": (begun.jobs[0].model_copy(update={"outcome": "skipped"}), begun.jobs[1]),
        }
    )

    done = journal.run.carry_out(skipped, live)

    assert ["j2"] == journal.host.effects
    assert ("partial", ("skipped", "skipped", "done")) == (done.status, done.outcomes)


def test_an_interrupt_leaves_a_begun_record_that_knows_what_was_done(journal: Journal) -> None:
    journal.host.failures["j2"] = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        carry_out(journal)

    assert "begun" == journal.last.status
    assert ("done", "done", "writing") == journal.last.outcomes


def test_jobs_that_only_a_gateway_can_write_are_refused_before_anything(tmp_path: Path) -> None:
    journal = Journal(ScriptedHost(snapshot(tmp_path, jobs_from="sqlite")))

    with pytest.raises(GatewayNeeded):
        carry_out(journal)

    assert [] == journal.host.effects
    assert [] == journal.saved


def test_a_host_without_jobs_to_write_needs_no_gateway(tmp_path: Path) -> None:
    journal = Journal(ScriptedHost(snapshot(tmp_path, jobs_from="sqlite")))
    live = journal.host.snapshot

    done = journal.run.carry_out(record(live).model_copy(update={"jobs": ()}), live)

    assert "done" == done.status


def test_a_record_is_json_all_the_way(journal: Journal) -> None:
    done = carry_out(journal)

    assert done == Record.model_validate_json(json.dumps(done.dump()))
    assert [JobChoice(None, None)] * 2 == [choice_of(job) for job in journal.host.snapshot.jobs.jobs]

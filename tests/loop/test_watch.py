from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.ledger.moments import to_ms
from reconciler.ledger.record import JobValues, Record
from reconciler.ledger.usage import Run
from reconciler.loop.confirm import pending, verdict
from reconciler.loop.watch import Watched, watched
from tests.loop.records import record
from tests.worlds import FLASH, MINI, NOW, OPUS, policy


HOUR = timedelta(hours=1)
APPLIED = NOW - 5 * HOUR
SAFETY = policy("safety: {watchRuns: 3, maxSlowdown: 3}").safety


def run(hours: float, model: str = MINI, status: str = "ok", seconds: float = 20) -> Run:
    """A run of the job so many hours after the apply, or before it."""
    provider, _, name = model.partition("/")
    at = to_ms(APPLIED + hours * HOUR)
    took = int(seconds * 1000)
    return Run("id-Digest", at, "main", f"s{at}", status, None, provider, name, took, 9, 1, 0, 0, 1)


def apply(fallbacks: tuple[str, ...] | None = (FLASH,), **more: object) -> Record:
    done = record(APPLIED, ("Digest", OPUS, MINI))
    (job,) = done.jobs
    wrote = job.model_copy(update={"after": JobValues(model=MINI, fallbacks=fallbacks)})
    return done.model_copy(update={"jobs": (wrote,), **more})


def judge(*runs: Run, records: tuple[Record, ...] | None = None) -> Watched:
    (found,) = watched(records or (apply(),), runs, SAFETY, host="host-1", now=NOW)
    return found


BEFORE = tuple(run(-hours, OPUS) for hours in range(1, 11))


def test_three_good_runs_are_enough() -> None:
    assert ("watching", 2) == (judge(*BEFORE, run(1), run(2)).state, judge(*BEFORE, run(1), run(2)).seen)
    assert "well" == judge(*BEFORE, run(1), run(2), run(3)).state
    assert "well" == judge(*BEFORE, run(1), run(2), run(3), run(4, status="error"), run(5, OPUS)).state


def test_a_model_that_nobody_asked_for_is_seen_at_once() -> None:
    found = judge(*BEFORE, run(1, OPUS))

    assert ("badly", f"it ran on {OPUS}, which it was not asked to") == (found.state, found.why)


def test_where_fallbacks_are_inherited_only_every_run_on_another_model_counts() -> None:
    inherits = (apply(fallbacks=None),)

    assert "watching" == judge(*BEFORE, run(1, OPUS), records=inherits).state
    assert "badly" == judge(*BEFORE, *(run(n, OPUS) for n in (1, 2, 3)), records=inherits).state


def test_a_run_that_began_while_it_was_written_tells_nothing() -> None:
    assert "watching" == judge(*BEFORE, run(0.005, OPUS)).state


def test_a_fallback_now_and_then_is_fine_and_one_every_time_is_not() -> None:
    assert "well" == judge(*BEFORE, run(1, FLASH), run(2, FLASH), run(3)).state
    found = judge(*BEFORE, *(run(n, FLASH) for n in (1, 2, 3)))

    assert ("badly", f"every run fell back, the last one to {FLASH}") == (found.state, found.why)


def test_more_failures_than_before_are_seen_before_the_last_run() -> None:
    found = judge(*BEFORE, run(1, status="error"), run(2, status="error"))

    assert ("badly", "2 of 2 runs failed, 0 of 10 before") == (found.state, found.why)


@pytest.mark.parametrize("failed", [5, 6, 10])
def test_a_job_that_failed_before_is_not_moved_for_failing(failed: int) -> None:
    before = [run(-n, OPUS, "error" if n <= failed else "ok") for n in range(1, 11)]

    assert "well" == judge(*before, run(1, status="error"), run(2, status="error"), run(3)).state


def test_one_failure_is_not_enough_and_skipped_runs_do_not_count() -> None:
    assert "well" == judge(*BEFORE, run(1, status="error"), run(1.5, status="skipped"), run(2), run(3)).state


def test_a_run_that_takes_much_longer_is_seen() -> None:
    found = judge(*BEFORE, *(run(n, seconds=61) for n in (1, 2, 3)))

    assert ("badly", "a run takes 61 seconds, 20 before") == (found.state, found.why)
    assert "well" == judge(*BEFORE, *(run(n, seconds=59) for n in (1, 2, 3))).state


def test_a_factor_of_almost_nothing_is_not_slow() -> None:
    quick = [run(-n, OPUS, seconds=0.3) for n in range(1, 11)]

    assert "well" == judge(*quick, *(run(n, seconds=9) for n in (1, 2, 3))).state


def test_without_a_past_nothing_is_slow() -> None:
    assert "well" == judge(run(-1, OPUS, seconds=1), *(run(n, seconds=600) for n in (1, 2, 3))).state


def test_what_was_undone_changed_again_or_long_ago_is_no_longer_watched() -> None:
    again = record(NOW - HOUR, ("Digest", MINI, OPUS)).model_copy(update={"action": "rollback"})
    old = apply().model_copy(update={"created_at": NOW - timedelta(days=15)})

    for records in ([apply(undone_by="x")], [apply(), again], [old]):
        assert () == watched(records, BEFORE, SAFETY, host="host-1", now=NOW)
    assert () == watched([apply()], BEFORE, SAFETY, host="host-2", now=NOW)
    off = policy("safety: {watchRuns: 0}").safety
    assert () == watched([apply()], BEFORE, off, host="host-1", now=NOW)


def test_an_apply_is_proven_by_the_next_run_of_every_job_that_it_changed() -> None:
    waits = record(APPLIED, ("Digest", OPUS, MINI), confirm_within=2 * HOUR)

    assert pending(waits)
    assert "waiting" == verdict(waits, [*BEFORE], APPLIED + HOUR)
    assert "proven" == verdict(waits, [run(1)], APPLIED + HOUR)
    assert "proven" == verdict(waits, [run(1), run(1.5, status="error")], NOW)
    assert "due" == verdict(waits, [run(1, status="error"), run(1.5)], APPLIED + 2 * HOUR)
    assert "due" == verdict(waits, [run(2.1)], NOW)


def test_only_an_apply_that_wrote_something_waits() -> None:
    waits = record(APPLIED, ("Digest", OPUS, MINI), confirm_within=2 * HOUR)

    assert not pending(record(APPLIED, ("Digest", OPUS, MINI)))
    assert not pending(waits.model_copy(update={"confirmed_at": NOW}))
    assert not pending(waits.model_copy(update={"undone_by": "x"}))
    assert not pending(record(APPLIED, ("Digest", OPUS, MINI), outcome="refused", confirm_within=HOUR))


def test_several_jobs_are_proven_together_alone() -> None:
    waits = record(APPLIED, ("Digest", OPUS, MINI), ("Other", OPUS, MINI), confirm_within=2 * HOUR)

    assert "waiting" == verdict(waits, [run(1)], APPLIED + HOUR)
    assert "proven" == verdict(waits, [run(1), run(1)._replace(job="id-Other")], APPLIED + HOUR)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.facts.model import Facts, HeldSlot, JobFacts, SchedulerFacts
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from tests.worlds import GPT, NOW, OPUS, REASONING, config, facts, job, policy, reading


RESET = datetime(2026, 9, 16, 12, 0, tzinfo=UTC)
HOURLY = {"kind": "cron", "expr": "30 * * * *"}
DAILY = {"kind": "cron", "expr": "0 7 * * *"}
TWO = """
providers:
  anthropic: {quotaSource: api, tier: premium}
  openai: {quotaSource: api, tier: standard}
models:
  anthropic/claude-opus-4-6: {scores: {reasoning: 0.97}}
  openai/gpt-5.4: {scores: {reasoning: 0.93}}
  openai/gpt-5.4-mini: {scores: {reasoning: 0.1}}
  anthropic/claude-haiku-4-5: {scores: {reasoning: 0.1}}
"""
DEFER = "rules: [{name: can wait, match: {job: Study}, whenExhausted: defer}]"
AT = "2026-09-16T12:30:00.000Z"


def study(next_run: datetime | None = NOW + timedelta(minutes=30), **changes: Any) -> JobFacts:
    told = SchedulerFacts(next_run_at=next_run)
    return job("Study", REASONING, **{"schedule": HOURLY, "scheduler": told, "model": OPUS, **changes})


def used(openai: str = "0.99", anthropic: str = "0.99", **resets: datetime | None) -> tuple[Any, ...]:
    ends = {"openai": RESET, "anthropic": RESET + timedelta(days=1), **resets}
    shares = {"openai": openai, "anthropic": anthropic}
    return tuple(
        reading(name, share).model_copy(update={"resets_at": ends[name]}) for name, share in shares.items()
    )


def world(one: JobFacts, readings: tuple[Any, ...] | None = None, **changes: Any) -> Facts:
    return facts(one, config=config(OPUS), readings=used() if readings is None else readings, **changes)


def plan(known: Facts, rules: str = DEFER, **how: Any) -> Plan:
    return make_plan(policy(rules, providers=TWO), known, **how)


def told(found: Plan) -> list[str]:
    return [finding.text for finding in found.findings if finding.address == "job/Study"]


def actions(found: Plan) -> list[tuple[str, Any]]:
    return [(setting.action, setting.after) for setting in found.settings]


def test_a_job_for_which_nothing_has_quota_left_waits_for_its_first_run_after_the_reset() -> None:
    found = plan(world(study()))

    (setting,) = found.settings
    assert ("defer-job", "2026-09-14T06:30:00.000Z", AT) == (setting.action, setting.before, setting.after)
    assert "nothing that would do has quota left before 2026-09-16 12:00 UTC" == setting.because.reason
    assert "can wait (policy.yaml:" in (setting.because.rule or "")
    assert setting.safe


def test_only_the_schedulers_note_is_written_and_the_schedule_guards_it() -> None:
    pointer, at = "/jobs/id-Study", int(datetime.fromisoformat(AT).timestamp() * 1000)

    operations = [each for each in plan(world(study())).patches.jobs if "kind" not in each["path"]]

    assert [
        {"op": "test", "path": f"{pointer}/schedule", "value": HOURLY},
        {"op": "add", "path": f"{pointer}/state/nextRunAtMs", "value": at},
    ] == operations


def test_a_safe_plan_defers_too_because_nothing_of_the_job_is_changed() -> None:
    assert [("defer-job", AT)] == actions(plan(world(study()), safe_only=True))


@pytest.mark.parametrize(
    "rules",
    ["", "rules: [{name: no, match: {job: Study}, whenExhausted: leave}]", DEFER.replace("Study", "Other*")],
)
def test_without_a_rule_it_goes_on_failing(rules: str) -> None:
    assert [] == actions(plan(world(study()), rules))


def test_a_later_rule_can_lift_it() -> None:
    rules = "rules: [{name: all, whenExhausted: defer}, {name: not this, match: {job: Study}, whenExhausted: leave}]"

    assert [] == actions(plan(world(study()), rules))


@pytest.mark.parametrize("shares", [{"openai": "0.5"}, {"anthropic": "0.5"}])
def test_it_is_not_deferred_while_something_that_would_do_has_quota(shares: dict[str, str]) -> None:
    assert [] == actions(plan(world(study(), used(**shares))))


def test_quota_of_a_model_that_would_not_do_does_not_count() -> None:
    weak = "rules: [{name: can wait, match: {job: Study}, whenExhausted: defer, deny: ['openai/gpt-5.4']}]"

    found = plan(world(study(), used(openai="0.1")), weak)

    assert [("defer-job", "2026-09-17T12:30:00.000Z")] == actions(found)


def test_a_job_that_nothing_would_do_for_is_not_deferred() -> None:
    rules = "rules: [{name: can wait, match: {job: Study}, whenExhausted: defer, deny: ['*']}]"

    assert [] == actions(plan(world(study()), rules))


def test_a_pinned_job_waits_for_its_own_provider() -> None:
    rules = f"rules: [{{name: mine, match: {{job: Study}}, pin: {OPUS}, whenExhausted: defer}}]"
    strict = study(fallbacks=())

    assert [("defer-job", "2026-09-17T12:30:00.000Z")] == actions(
        plan(world(strict, used(openai="0.1")), rules)
    )


def test_a_pinned_job_with_a_fallback_that_has_quota_runs() -> None:
    rules = f"rules: [{{name: mine, match: {{job: Study}}, pin: {OPUS}, whenExhausted: defer}}]"

    assert [] == actions(plan(world(study(fallbacks=(GPT,)), used(openai="0.1")), rules))


def test_every_window_of_an_account_must_be_over_and_the_first_account_counts() -> None:
    later = RESET + timedelta(hours=5)
    windows = (
        *used()[1:],
        reading("openai", "0.99", account="a").model_copy(update={"resets_at": RESET}),
        reading("openai", "0.99", account="a", window="session").model_copy(update={"resets_at": later}),
        reading("openai", "0.2", account="a", window="monthly").model_copy(
            update={"resets_at": RESET + timedelta(days=20)}
        ),
        reading("openai", "0.99", account="b").model_copy(update={"resets_at": RESET + timedelta(hours=9)}),
    )

    assert [("defer-job", "2026-09-16T17:30:00.000Z")] == actions(plan(world(study(), windows)))


def test_without_a_known_reset_it_is_told_and_not_deferred() -> None:
    endless = [each.model_copy(update={"resets_at": None}) for each in used()]

    one, both = (plan(world(study(), readings)) for readings in ((used()[0], endless[1]), tuple(endless)))

    assert [("defer-job", AT)] == actions(one)
    assert [] == actions(both)
    assert "nothing that would do has quota left, and nobody tells when it has" in told(both)


@pytest.mark.parametrize(
    ("schedule", "host", "why"),
    [
        ({"kind": "at", "at": "2026-09-15T08:00:00Z"}, {}, "its schedule does not repeat"),
        ({"kind": "on-exit"}, {}, "its schedule does not repeat"),
        (HOURLY, {"gateway": False, "jobs_from": "jobs.json"}, "no gateway answers"),
    ],
)
def test_what_cannot_be_deferred_is_told(schedule: dict[str, Any], host: dict[str, Any], why: str) -> None:
    found = plan(world(study(schedule=schedule), **host))

    assert [] == actions(found)
    assert f"nothing that would do has quota left, and it cannot be deferred: {why}" in told(found)


@pytest.mark.parametrize("after", [RESET, RESET + timedelta(minutes=30)])
def test_a_job_that_runs_next_after_the_reset_is_left_alone(after: datetime) -> None:
    assert [] == actions(plan(world(study(after))))


def test_an_interval_keeps_its_rhythm() -> None:
    every = {"kind": "every", "everyMs": 5 * 3_600_000, "anchorMs": 0}

    found = plan(world(study(NOW + timedelta(minutes=10), schedule=every)))

    assert [("defer-job", "2026-09-16T13:10:00.000Z")] == actions(found)  # 06:10 and eleven times five hours


def test_a_job_whose_next_run_nobody_told_is_deferred() -> None:
    assert [None] == [setting.before for setting in plan(world(study(None))).settings]


def test_a_job_that_waits_is_woken_when_there_is_quota_before() -> None:
    found = plan(world(study(datetime.fromisoformat(AT)), used(openai="0.1", anthropic="0.1")))

    assert [("wake-job", "2026-09-14T06:30:00.000Z")] == actions(found)
    assert "there is quota again" == found.settings[0].because.reason
    assert found.settings[0].safe


def test_an_interval_that_waits_is_woken_in_its_rhythm() -> None:
    every = {"kind": "every", "everyMs": 5 * 3_600_000, "anchorMs": 0}
    waiting = study(NOW + timedelta(hours=55, minutes=10), schedule=every)

    assert [("wake-job", "2026-09-14T06:10:00.000Z")] == actions(plan(world(waiting, used("0.1", "0.1"))))


@pytest.mark.parametrize(
    "next_run",
    [
        NOW + timedelta(minutes=30),  # as usual
        NOW + timedelta(minutes=90),  # one left out: the host's own back-off may do that
        NOW + timedelta(hours=9, minutes=3),  # at no regular time: not our doing
        None,
    ],
)
def test_a_job_that_was_not_deferred_is_not_woken(next_run: datetime | None) -> None:
    assert [] == actions(plan(world(study(next_run), used("0.1", "0.1"))))


def test_a_job_on_hold_is_neither_deferred_nor_woken() -> None:
    held = {"holds": (HeldSlot(address="job/Study", reason="mine"),)}

    for known in (world(study()), world(study(datetime.fromisoformat(AT)), used("0.1", "0.1"))):
        assert [] == actions(plan(known.model_copy(update=held)))


def test_runs_follow_the_time_zone_of_the_schedule_and_else_of_the_host() -> None:
    in_zone = study(schedule={**DAILY, "tz": "America/Chicago"})

    assert [("defer-job", "2026-09-16T12:00:00.000Z")] == actions(plan(world(in_zone)))
    assert [("defer-job", "2026-09-16T22:00:00.000Z")] == actions(
        plan(world(study(schedule=DAILY), zone="Asia/Tokyo"))
    )

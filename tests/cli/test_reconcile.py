"""The reconcile loop, run by run, on an OpenClaw home without a gateway."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.cli import context
from tests.cli.home import CHECKOUT, Household
from tests.cli.test_gate import lock_held, with_mode


CODER = "agent/coder"
SONNET, OPUS = "anthropic/claude-sonnet-4-6", "anthropic/claude-opus-4-6"


class Clock:
    """The time as commands see it; it moves when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = context.now().replace(microsecond=0)
        monkeypatch.setattr(context, "now", lambda: self.moment)
        monkeypatch.setattr("reconciler.cli.execute.now", lambda: self.moment)
        monkeypatch.setattr("reconciler.cli.rollback.now", lambda: self.moment)
        monkeypatch.setattr("reconciler.cli.holds.now", lambda: self.moment)
        monkeypatch.setattr("reconciler.cli.quota.now", lambda: self.moment)

    def forward(self, **span: float) -> datetime:
        self.moment += timedelta(**span)
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def reconcile(home: Household, *more: str, code: int = 0) -> dict[str, Any]:
    done = home.run("reconcile", "--no-fetch", "--json", *more)
    assert code == done.code, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def want(home: Household, model: str) -> None:
    """Change the policy so that the coder shall have *model*."""
    text = home.policy.read_text()
    head, _, tail = text.partition("match: {slot: agent/coder}\n      pin: ")
    rest = tail.partition("\n")[2]
    home.policy.write_text(f"{head}match: {{slot: agent/coder}}\n      pin: {model}\n{rest}")


@pytest.fixture
def auto(home: Household, clock: Clock) -> Household:
    """A home whose first plan was applied, in auto mode, a day ago."""
    home.apply()
    with_mode(home, "auto")
    clock.forward(days=1)
    return home


def test_manual_mode_records_the_facts_and_changes_nothing(home: Household) -> None:
    with_mode(home, "manual")
    before = home.tree()

    run = reconcile(home)

    assert before == home.tree()
    assert "observed" == run["outcome"]
    assert "Facts" == json.loads((home.state / "reconcile-facts.json").read_text())["kind"]


def test_dry_run_mode_writes_the_plan_and_changes_nothing(home: Household) -> None:
    before = home.tree()

    done = home.run("reconcile", "--no-fetch")

    assert before == home.tree()
    plan = home.state / "reconcile-plan.json"
    assert done.out.endswith(f"4 changes planned, nothing written: tactician show {plan}\n")
    assert 0 == home.run("apply", plan, "--yes").code
    assert "in-sync" == reconcile(home)["outcome"]


def test_auto_mode_leaves_alone_what_no_applied_plan_named(home: Household) -> None:
    with_mode(home, "auto")
    before = home.tree()

    run = reconcile(home)

    assert before == home.tree()
    assert ("held-back", 4) == (run["outcome"], run["wanted"])
    assert {"not managed yet: apply a plan that names it"} == {left["reason"] for left in run["leftAlone"]}


def test_auto_mode_writes_what_the_policy_wants_of_managed_slots(auto: Household) -> None:
    want(auto, OPUS)

    run = reconcile(auto)

    assert ("applied", [CODER]) == (run["outcome"], run["changed"])
    assert "in-sync" == reconcile(auto)["outcome"]
    assert 1 == auto.config.read_text().count(SONNET)  # in the list of models alone
    record = json.loads(auto.run("history", "latest", "--json").out)
    assert ("auto", run["record"]) == (record["trigger"], record["id"])


def test_a_slot_that_was_changed_cools_down_first(auto: Household, clock: Clock) -> None:
    want(auto, OPUS)
    reconcile(auto)
    want(auto, SONNET)

    clock.forward(hours=5)
    (left,) = reconcile(auto)["leftAlone"]
    clock.forward(hours=2)

    assert left["reason"].startswith("changed lately, cools down until ")
    assert [CODER] == reconcile(auto)["changed"]


def test_a_day_has_a_budget_of_changes(auto: Household, clock: Clock) -> None:
    auto.replace(auto.policy, "safety: {", "safety: {coolDownHours: 0, maxChangesPerDay: 1, ")
    want(auto, OPUS)
    assert [CODER] == reconcile(auto)["changed"]

    clock.forward(hours=23)
    want(auto, SONNET)
    (left,) = reconcile(auto)["leftAlone"]
    clock.forward(hours=2)

    assert "as many slots were changed as may be in 24 hours" == left["reason"]
    assert [CODER] == reconcile(auto)["changed"]


def test_a_slot_on_hold_is_not_touched(auto: Household) -> None:
    want(auto, OPUS)
    auto.run("hold", CODER)
    before = auto.tree()

    assert "in-sync" == reconcile(auto)["outcome"]
    assert before == auto.tree()


def test_a_slot_that_is_moved_to_and_fro_is_put_on_hold(auto: Household, clock: Clock) -> None:
    for model in (OPUS, SONNET):
        want(auto, model)
        assert "interventions" not in {key for key, value in reconcile(auto).items() if value}
        clock.forward(hours=7)
    want(auto, OPUS)

    (stopped,) = reconcile(auto)["interventions"]
    clock.forward(hours=7)
    want(auto, SONNET)

    assert CODER == stopped["address"]
    assert "in-sync" == reconcile(auto)["outcome"]
    assert f"{CODER}: on hold until" in auto.run("status", "--no-fetch").out


def test_a_belt_refuses_a_run_like_any_apply(auto: Household) -> None:
    want(auto, "anthropic/claude-fable-9")
    before = auto.tree()

    run = reconcile(auto, code=3)

    assert before == auto.tree()
    assert "refused" == run["outcome"]
    assert "a safety belt refuses this plan" in run["problems"][0]


def test_while_another_process_applies_a_run_is_refused(auto: Household) -> None:
    want(auto, OPUS)
    with lock_held(auto):
        run = reconcile(auto, code=3)

    assert run["problems"][0].startswith("another tactician is applying")
    assert "failures" not in {key for key, value in run.items() if value}


def test_a_host_that_cannot_be_read_is_left_in_peace_for_longer_and_longer(
    auto: Household, clock: Clock
) -> None:
    away = auto.root / "away"
    auto.openclaw.rename(away)

    first = reconcile(auto, code=1)
    waiting = auto.run("reconcile", "--no-fetch")
    clock.forward(minutes=6)
    second = reconcile(auto, code=1)
    clock.forward(minutes=6)
    still = reconcile(auto)
    away.rename(auto.openclaw)

    assert ("failed", 1) == (first["outcome"], first["failures"])
    assert "not tried: the last run failed; no OpenClaw configuration at" in waiting.out
    assert 0 == waiting.code
    assert ("failed", 2) == (second["outcome"], second["failures"])
    assert "waiting" == still["outcome"]
    assert "in-sync" == reconcile(auto, "--now")["outcome"]
    assert "in-sync" == reconcile(auto)["outcome"]


def test_a_warning_is_shown_and_sent_once(auto: Household, clock: Clock) -> None:
    sent = auto.root / "sent.jsonl"
    program = f"import sys; open({str(sent)!r}, 'a').write(sys.stdin.read() + chr(10))"
    text = (
        auto.policy.read_text()
        .replace(
            "  safety:",
            f"  notify: {{command: [{json.dumps(sys.executable)}, '-c', {json.dumps(program)}]}}\n  safety:",
        )
        .replace(
            "openai: {quotaSource: api, tier: standard}",
            "openai: {quotaSource: manual, tier: standard, limit: 100}",
        )
    )
    auto.policy.write_text(text)
    auto.run("set-usage", "openai", "82%")

    (alarm,) = reconcile(auto)["alarms"]
    clock.forward(minutes=10)
    again = reconcile(auto)

    assert ("openai", "warning") == (alarm["provider"], alarm["level"])
    assert [] == again["alarms"]
    (message,) = map(json.loads, sent.read_text().splitlines())
    assert message["text"].startswith("openai")
    assert "82% used (warning)" in message["text"]


def test_what_cannot_be_sent_is_told_and_stops_nothing(auto: Household) -> None:
    auto.replace(auto.policy, "  safety:", "  notify: {command: [/nowhere]}\n  safety:")
    auto.replace(auto.policy, "openai: {quotaSource: api", "openai: {quotaSource: manual")
    auto.run("set-usage", "openai", "97%")

    done = auto.run("reconcile", "--no-fetch")

    assert "warning: the command /nowhere of notify cannot be run" in done.err
    assert "97% used (critical)" in done.out


def test_status_tells_when_it_ran_last_what_it_decided_and_why_nothing_changed(
    auto: Household, clock: Clock
) -> None:
    assert "reconciled" not in auto.run("status", "--no-fetch").out
    want(auto, OPUS)
    reconcile(auto)
    clock.forward(hours=1)
    want(auto, SONNET)
    reconcile(auto)
    clock.forward(minutes=12)

    text = auto.run("status", "--no-fetch").out
    last = json.loads(auto.run("status", "--no-fetch", "--json").out)["reconciled"]
    newest, oldest = auto.run("status", "--runs", "9").out.splitlines()

    assert "reconciled 12 min ago (auto): 1 change wanted, none made\n" in text
    assert f"  {CODER}: changed lately, cools down until " in text
    assert "held-back" == last["outcome"]
    assert "1 change wanted, none made" in newest
    assert f"1 of 1 change made ({CODER}), record " in oldest
    assert 2 == len(json.loads(auto.run("status", "--runs", "9", "--json").out))


def test_metrics_are_written_for_others_to_read(auto: Household) -> None:
    file = auto.root / "tactician.prom"

    done = auto.run("reconcile", "--no-fetch", "--metrics-file", file)
    missing = auto.run("reconcile", "--no-fetch", "--metrics-file", auto.root / "nowhere" / "x.prom")

    assert 0 == done.code
    assert 'tactician_last_run_outcome{outcome="in-sync"} 1\n' in file.read_text()
    assert 0o644 == stat.S_IMODE(file.stat().st_mode)
    assert 1 == missing.code
    assert "cannot be written" in missing.err


def test_again_and_again_until_a_signal_ends_it(auto: Household) -> None:
    with subprocess.Popen(
        auto.command("reconcile", "--every", "60m", "--no-fetch"),
        cwd=auto.root,
        env=auto.environment(PYTHONPATH=str(CHECKOUT)),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            process.terminate()
            code = process.wait(timeout=30)
        finally:
            process.kill()

    assert line.endswith(" UTC auto: nothing to change\n")
    assert 0 == code


def test_once_and_every_exclude_each_other(home: Household) -> None:
    assert 64 == home.run("reconcile", "--once", "--every", "5m").code
    assert 64 == home.run("reconcile", "--every", "soon").code

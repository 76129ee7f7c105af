"""Plan, show, apply, roll back, look back: the whole way on real files, without a gateway."""

from __future__ import annotations

import json

from reconciler.canonical import digest, pretty
from tests.cli.home import FIXTURES, INBOX, PRICES, REVIEW, Household


LOCAL = "ollama/qwen3:8b"


def record_id(home: Household) -> str:
    found: str = json.loads(home.run("history", "latest", "--json").out)["id"]
    return found


def test_planning_writes_nothing_but_the_plan_and_its_own_state(home: Household) -> None:
    before = home.tree()

    home.plan().unlink()

    assert before == home.tree()


def test_a_saved_plan_is_shown_as_it_was_printed(home: Household) -> None:
    printed = home.run("plan", "--out", "plan.json")

    shown = home.run("show", "plan.json")

    assert printed.out == shown.out
    assert "agent/coder" in shown.out


def test_apply_writes_the_planned_slots_and_nothing_else(home: Household) -> None:
    done = home.apply()

    text = (FIXTURES / "openclaw" / "openclaw.json").read_text()
    coder = "{ fallbacks: ['openai/gpt-5.4'], primary: 'anthropic/claude-sonnet-4-6' }"
    text = text.replace(
        "id: 'coder', model: 'anthropic/claude-opus-4-6' }, // writes",
        f"id: 'coder', model: {coder} }}, // writes",
    ).replace(
        "primary: 'openai/gpt-5.4', fallbacks: [] }", "primary: 'anthropic/claude-opus-4-6', fallbacks: [] }"
    )
    assert text == home.config.read_text()
    jobs = json.loads((FIXTURES / "openclaw" / "cron" / "jobs.json").read_text())["jobs"]
    for job, model in zip(jobs, (LOCAL, LOCAL, "anthropic/claude-opus-4-6"), strict=True):
        job["payload"]["model"] = model
    assert jobs == json.loads(home.jobs.read_text())["jobs"]
    assert f"done     job/Inbox check: no model → {LOCAL}" in done.out
    assert "undo it with: tactician rollback" in done.err


def test_after_an_apply_there_is_nothing_left_to_plan(home: Household) -> None:
    home.apply()

    again = home.run("plan", "--detailed-exitcode")

    assert 0 == again.code, again.out
    assert "No changes" in again.out


def test_a_plan_without_changes_is_applied_as_nothing(home: Household) -> None:
    home.apply()
    before = home.tree()

    done = home.run("apply", home.plan(), "--yes")

    assert (0, "No changes: nothing to apply.\n") == (done.code, done.out)
    assert {name for name in before if name != "plan.json"} <= set(home.tree())


def test_detailed_exit_codes_tell_changes_from_none(home: Household) -> None:
    assert 2 == home.run("plan", "--detailed-exitcode").code
    assert 0 == home.run("plan").code


def test_a_plan_is_applied_once(home: Household) -> None:
    home.apply()
    before = home.tree()

    second = home.run("apply", "plan.json", "--yes")

    assert 4 == second.code
    assert "error: this plan was used on" in second.err
    assert f"record {record_id(home)}, done" in second.err
    assert before == home.tree()


def test_an_edited_plan_is_refused(home: Household) -> None:
    plan = home.plan()
    plan.write_text(plan.read_text().replace("claude-sonnet-4-6", "claude-opus-4-6"))
    before = home.tree()

    done = home.run("apply", plan, "--yes")

    assert 4 == done.code
    assert "its digest does not fit" in done.err
    assert before == home.tree()


def test_a_human_edit_of_planned_slots_is_named_with_both_values(home: Household) -> None:
    plan = home.plan()
    home.edit_job(PRICES, model="anthropic/claude-opus-4-6")
    home.replace(home.config, "{ primary: 'openai/gpt-5.4', fallbacks: [] }", f"'{LOCAL}'")
    before = home.tree()

    done = home.run("apply", plan, "--yes")

    assert 4 == done.code
    assert "job/Price watch: was openai/gpt-5.4, is now anthropic/claude-opus-4-6" in done.err
    assert f"agent/family: was openai/gpt-5.4, is now {LOCAL}" in done.err
    assert before == home.tree()


def test_a_slot_that_is_gone_or_has_another_prompt_makes_the_plan_stale(home: Household) -> None:
    plan = home.plan()
    home.edit_job(INBOX, message="Refactor the mail client and fix its bugs.")
    home.replace(home.config, "id: 'coder'", "id: 'builder'")

    done = home.run("apply", plan, "--yes")

    assert 4 == done.code
    assert "agent/coder: is gone" in done.err
    assert "job/Inbox check: its prompt was edited" in done.err


def test_an_unrelated_edit_does_not_spoil_a_plan(home: Household) -> None:
    plan = home.plan()
    home.edit_job(REVIEW, message="Review nothing today.")
    home.edit_job(INBOX, timeoutSeconds=60)
    home.replace(home.config, "// writes our code", "// writes our code, slowly")

    done = home.run("apply", plan, "--yes")

    assert 0 == done.code, done.err
    assert LOCAL == home.job(INBOX)["payload"]["model"]
    assert 60 == home.job(INBOX)["payload"]["timeoutSeconds"]
    assert "// writes our code, slowly" in home.config.read_text()


def test_rollback_restores_every_byte_and_not_only_the_meaning(home: Household) -> None:
    home.replace(
        home.config, "model: 'anthropic/claude-opus-4-6' }", 'model :\t"anthropic\\/claude-opus-4-6"}'
    )
    home.plan()
    before = home.tree()
    home.apply()

    done = home.run("rollback", "latest", "--yes")

    assert 0 == done.code, done.err
    assert "not exactly" not in done.err
    assert {**before, "plan.json": b""} == {**home.tree(), "plan.json": b""}


def test_rollback_keeps_what_a_human_edited_since_and_says_so(home: Household) -> None:
    before = home.config.read_text()
    home.apply()
    home.edit_job(PRICES, model="anthropic/claude-opus-4-6")

    done = home.run("rollback", "latest", "--yes")

    assert 3 == done.code
    assert "error: not everything was put back" in done.err
    assert "job/Price watch: changed since the apply; left as it is now" in done.err
    assert "anthropic/claude-opus-4-6" == home.job(PRICES)["payload"]["model"]
    assert "model" not in home.job(INBOX)["payload"]
    assert before == home.config.read_text()


def test_rollback_puts_our_values_back_beside_other_edits_of_the_file(home: Household) -> None:
    before = home.config.read_text()
    home.apply()
    home.replace(home.config, "// writes our code", "// writes our code, slowly")

    done = home.run("rollback", "latest", "--yes")

    assert 0 == done.code, done.err
    assert "our values are back; other edits made since the apply stay" in done.err
    assert before.replace("// writes our code", "// writes our code, slowly") == home.config.read_text()


def test_rollback_leaves_a_file_alone_in_which_a_human_changed_our_value(home: Household) -> None:
    home.apply()
    home.replace(home.config, "primary: 'anthropic/claude-sonnet-4-6'", "primary: 'ollama/qwen3:8b'")
    edited = home.config.read_text()

    done = home.run("rollback", "latest", "--yes")

    assert 3 == done.code
    assert f"{home.config}: changed since the apply" in done.err
    assert edited == home.config.read_text()


def test_a_job_that_was_deleted_since_is_not_brought_back(home: Household) -> None:
    home.apply()
    document = json.loads(home.jobs.read_text())
    document["jobs"] = [job for job in document["jobs"] if job["id"] != INBOX]
    home.jobs.write_text(json.dumps(document, indent=2))

    done = home.run("rollback", "latest", "--yes")

    assert 3 == done.code
    assert "job/Inbox check: changed since the apply" in done.err
    assert "openai/gpt-5.4" == home.job(PRICES)["payload"]["model"]


def test_rolling_back_twice_or_rolling_back_a_rollback_is_refused(home: Household) -> None:
    home.apply()
    applied = record_id(home)
    home.run("rollback", applied, "--yes")

    twice = home.run("rollback", applied, "--yes")
    back = home.run("rollback", record_id(home), "--yes")
    nothing = home.run("rollback", "latest", "--yes")

    assert 3 == twice.code
    assert f"error: record {applied} was undone by" in twice.err
    assert 3 == back.code
    assert "is a rollback itself" in back.err
    assert "error: no apply is left to undo" in nothing.err


def test_a_broken_policy_does_not_stand_in_the_way_of_an_undo(home: Household) -> None:
    before = home.tree()
    home.apply()
    home.policy.write_text("bad: [")

    done = home.run("rollback", "latest", "--yes")

    assert 0 == done.code, done.err
    assert "going on as in dry-run mode" in done.err
    assert before["openclaw/openclaw.json"] == home.tree()["openclaw/openclaw.json"]


def test_a_plan_whose_patches_are_not_those_of_its_changes_is_refused(home: Household) -> None:
    """The digest has no key: whoever edits a plan can compute it anew."""
    path = home.plan()
    plain = json.loads(path.read_text())
    plain["patches"]["openclaw.json"] += [{"op": "replace", "path": "/gateway/auth/mode", "value": "none"}]
    del plain["digest"]
    path.write_text(pretty({**plain, "digest": digest(plain)}))
    before = home.config.read_bytes()

    done = home.run("apply", path, "--yes")

    assert 4 == done.code
    assert "are not those of its changes" in done.err
    assert before == home.config.read_bytes()


def test_a_model_that_the_host_forbids_meanwhile_is_refused(home: Household) -> None:
    path = home.plan()
    wanted = json.loads(path.read_text())["changes"][0]["after"]["primary"]
    home.replace(home.config, f"'{wanted}'", "'nosuch/other'")

    done = home.run("apply", path, "--yes")

    assert 3 == done.code
    assert "--lift-outside-allow-list" in done.err


def test_a_file_that_is_something_else_is_never_replaced_by_a_plan(home: Household) -> None:
    victim = home.root / "victim.txt"
    victim.write_text("precious")

    done = home.run("plan", "--out", victim)

    assert 1 == done.code
    assert "something else than a plan or facts" in done.err
    assert "precious" == victim.read_text()


def test_history_tells_what_was_done_newest_first(home: Household) -> None:
    empty = home.run("history").out
    home.apply()
    applied = record_id(home)
    home.run("rollback", "latest", "--yes")

    lines = home.run("history").out.splitlines()

    assert "Nothing was applied yet.\n" == empty
    assert ["rollback", "apply"] == [line.split()[3] for line in lines]
    assert f"undoes {applied}" in lines[0]
    assert "4 slots, undone" in lines[1]
    assert f"Record {applied}: apply, done" in home.run("history", applied[:20]).out


def test_a_record_that_is_not_there_is_an_error_with_a_next_step(home: Household) -> None:
    done = home.run("history", "2020")

    assert 1 == done.code
    assert "error: no record begins with '2020'\n  → list the records: tactician history" in done.err


def test_the_ledger_is_for_our_eyes_only(home: Household) -> None:
    home.apply()

    assert 0o700 == home.state.stat().st_mode & 0o777
    assert {"audit.jsonl": 0o600, "ledger.sqlite": 0o600, "lock": 0o600} == {
        path.name: path.stat().st_mode & 0o777 for path in home.state.iterdir()
    }


def test_a_dry_run_says_each_write_and_writes_nothing(home: Household) -> None:
    plan = home.plan()
    before = home.tree(without="state")

    done = home.run("apply", plan, "--dry-run")

    assert 0 == done.code
    told = [line for line in done.out.splitlines() if line.startswith("would write")]
    assert [f"would write {home.config}", "would write job Inbox check", "would write job Price watch"] == [
        line.partition(", ")[0].partition(" (")[0] for line in told
    ]
    assert f"({INBOX}): {LOCAL}" in told[1]
    assert "wrote" not in done.err
    assert before == home.tree(without="state")


def test_safe_only_plans_the_same_where_files_can_always_be_put_back(home: Household) -> None:
    plain = json.loads(home.run("plan", "--json").out)
    safe = json.loads(home.run("plan", "--json", "--safe-only").out)

    assert [True] * 4 == [change["safe"] for change in plain["changes"]]
    assert plain["changes"] == safe["changes"]

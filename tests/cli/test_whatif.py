"""What-if and `shift` as their user meets them."""

from __future__ import annotations

import json

import pytest

from tests.cli.home import CHECKOUT, Household


EXAMPLE = ("-p", CHECKOUT / "policies/home/policy.yaml", "--facts", CHECKOUT / "policies/home/facts.json")


def test_a_plan_of_an_assumption_says_so_at_its_head(home: Household) -> None:
    done = home.run(
        "plan",
        *EXAMPLE,
        "--set",
        "provider.anthropic.used=95%",
        "--set",
        "mode=auto",
        "--objective",
        "best-fit",
    )

    head = done.out.splitlines()[2:5]
    assert 0 == done.code
    assert head[0].startswith("mode auto, objective best-fit")
    assert "assuming provider.anthropic.used=95%; mode=auto; objective=best-fit: never" == head[1]
    assert "quota window is 95% used" in done.out


def test_assumptions_stand_in_the_document_and_in_its_digest(home: Household) -> None:
    plain = json.loads(home.run("plan", *EXAMPLE, "--json").out)
    assumed = json.loads(home.run("plan", *EXAMPLE, "--json", "--set", "mode=dry-run").out)

    assert "assumptions" not in plain
    assert ["mode=dry-run"] == assumed["assumptions"]
    assert plain["policyDigest"] == assumed["policyDigest"]
    assert plain["digest"] != assumed["digest"]


def test_a_plan_without_a_provider_leaves_nothing_on_it(home: Household) -> None:
    done = home.run("plan", *EXAMPLE, "--without", "openai", "--without", "google")

    assert "assuming without openai; without google" in done.out
    assert "→ openai/" not in done.out
    assert "→ google/" not in done.out


def test_a_plan_of_an_assumption_is_never_applied(home: Household) -> None:
    before = home.tree()
    path = home.plan("--set", "mode=auto", "--no-fetch")

    for done in (home.run("apply", path, "--yes"), home.run("apply", path, "--dry-run")):
        assert 3 == done.code
        assert "rests on assumptions" in done.err
        assert "mode=auto" in done.err
    assert before == {name: kept for name, kept in home.tree().items() if name != "plan.json"}
    assert "never applied" in home.run("show", path).out
    assert r"**Assuming** mode=auto" in home.run("show", path, "--format", "markdown").out


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("mode", "such as --set provider.anthropic.used=95%"),
        ("=auto", "such as --set provider.anthropic.used=95%"),
        ("moode=auto", "did you mean mode?"),
        ("provider.antropic.used=1", "did you mean anthropic?"),
    ],
)
def test_a_mistake_in_an_assumption_is_a_mistake_of_use(home: Household, argument: str, hint: str) -> None:
    done = home.run("plan", *EXAMPLE, "--set", argument)

    assert (64, "") == (done.code, done.out)
    assert hint in done.err


def test_a_forecast_of_an_assumption_says_so(home: Household) -> None:
    asked = ("predict", *EXAMPLE, "--set", "provider.anthropic.weekly.used=97%")
    done, document = home.run(*asked), json.loads(home.run(*asked, "--json").out)

    assert "assuming provider.anthropic.weekly.used=97%" == done.out.splitlines()[0]
    assert "anthropic weekly  CRITICAL" in done.out
    assert ["provider.anthropic.weekly.used=97%"] == document["assumptions"]


def test_a_shift_is_planned_saved_and_shown(home: Household) -> None:
    path = home.root / "plan.json"
    done = home.run("shift", *EXAMPLE, "--from", "anthropic", "--to", "openai", "--out", path)

    assert 0 == done.code
    assert f"apply it with: tactician apply {path}" in done.err
    assert "shift: every slot off anthropic, to openai where that would do" in done.out
    assert "job/Tax reminder: stays on anthropic/claude-sonnet-4-6" in done.out
    assert done.out == home.run("show", path).out
    assert "Shift: every slot off anthropic, to openai" in home.run("show", path, "--format", "markdown").out
    assert {"awayFrom": "anthropic", "to": "openai"} == json.loads(path.read_text())["shift"]


def test_a_shift_is_applied_and_rolled_back(home: Household) -> None:
    before = home.tree()

    done = home.run(
        "shift", "--from", "anthropic", "--apply", "--yes", "--no-fetch", "--lift-too-many-changes"
    )

    assert 0 == done.code, done.err
    assert "undo it with: tactician rollback" in done.err
    assert 'deny: ["anthropic/*"]' in done.err
    assert before != home.tree()
    record = done.err.partition("tactician rollback ")[2].split()[0]
    assert 0 == home.run("rollback", record, "--yes").code
    assert before == home.tree()


def test_a_shift_asks_like_any_other_apply(home: Household) -> None:
    before = home.tree()
    done = home.run("shift", "--from", "anthropic", "--apply", "--no-fetch", "--lift-too-many-changes")

    assert 3 == done.code
    assert "nobody agreed" in done.err
    assert before == home.tree()


def test_recorded_facts_are_not_applied_to(home: Household) -> None:
    done = home.run("shift", *EXAMPLE, "--from", "anthropic", "--apply")

    assert 64 == done.code
    assert "recorded facts cannot be applied to" in done.err

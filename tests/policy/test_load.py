from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from reconciler.policy.load import Checked, check, check_text, load, load_text
from reconciler.policy.problem import PolicyInvalid


FIXTURES = Path(__file__).parent / "fixtures"
HEAD = "apiVersion: tactician/v1\nkind: RoutingPolicy\n"


def lines(checked: Checked) -> str:
    return "\n".join(str(problem).replace(f"{FIXTURES}/", "") for problem in checked.problems)


def spec(text: str) -> str:
    return f"{HEAD}spec: {text}\n"


def test_the_example_of_the_format_loads_without_a_word() -> None:
    checked = check([FIXTURES / "home.yaml"])

    assert checked.problems == ()
    assert checked.policy is not None
    assert checked.policy.mode == "dry-run"
    assert list(checked.policy.providers) == ["anthropic", "openrouter", "google", "lmstudio"]
    assert Decimal("0.95") == checked.policy.critical_threshold


def test_rules_know_the_places_of_what_they_name() -> None:
    policy = load([FIXTURES / "home.yaml"])

    keep, family, tight = policy.rules
    assert keep.pin is not None
    assert f"{FIXTURES / 'home.yaml'}:42:12" == str(keep.pin.at)
    assert family.allow is not None
    assert [(model.text, model.at.col) for model in family.allow] == [("lmstudio/*", 15), ("ollama/*", 29)]
    assert (tight.at.line, tight.at.col) == (46, 7)
    assert policy.places["spec.providers.openrouter.tier"].line == 18


def test_all_mistakes_of_a_file_are_told_at_once(snapshot: SnapshotAssertion) -> None:
    assert snapshot == lines(check([FIXTURES / "bad.yaml"]))


def test_the_error_of_a_policy_carries_all_mistakes_of_all_files() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        load([FIXTURES / "bad.yaml", FIXTURES / "gone.yaml"])

    files = {Path(problem.at.file).name for problem in caught.value.problems}
    assert files == {"bad.yaml", "gone.yaml"}
    assert caught.value.problem == f"the policy has {len(caught.value.problems)} mistakes"
    assert len(caught.value.evidence) == len(caught.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b\n",
        "just words",
        "spec: {}\n",
        "apiVersion: tactician/v2\nkind: RoutingPolicies\nspec: {}\n",
        f"{HEAD}spec:\n",
        f"{HEAD}spec: []\n",
        f"{HEAD}metadata: {{name: 5, labels: {{a: b}}}}\nspec: {{}}\n",
        "apiVersion: tactician/v1\nkind: ModelCatalog\nspec: {models: {a/b: {price: 1}}, rules: []}\n",
        "apiVersion: tactician/v1\nkind: PolicyTest\nspec: {facts: f.json, expect: {job/x: same, job/y: {}}}\n",
        "apiVersion: tactician/v1\nkind: PolicyTest\nspec: {expect: {}}\n",
        spec("{quality_thresholds: {coding: 0.5}}"),
        spec("{providers: {a: {quotaSource: api, resetSchedule: weekly, accounts: {}}}}"),
        spec("{providers: {a: {quotaSource: api, resetSchedule: {type: fixed, at: 2026-12-01}}}}"),
        spec("{providers: {a: {quotaSource: api, resetSchedule: {type: fixed, at: tomorrow}}}}"),
        spec("{providers: {a: {quotaSource: api, resetSchedule: {type: fixed, at: 2026-12-01T07:00Z}}}}"),
        spec("{providers: {a: {quotaSource: api, budget: {monthlyLimit: -1}}}}"),
        spec("{providers: {a: {quotaSource: api, budget: {monthlyLimit: 1e25}}}}"),
        spec("{providers: {a: {quotaSource: api, budget: {}}}}"),
        spec("{safety: {maxChanges: 1.5, minimumGain: 1e-30, coolDownHours: 1e5}}"),
        spec('{safety: {"max\\u202eChanges": 1}}'),
    ],
)
def test_each_mistake_has_one_clear_message(text: str, snapshot: SnapshotAssertion) -> None:
    checked = check_text({"p.yaml": text})

    assert checked.policy is None
    assert snapshot == lines(checked)


CANARIES = ["sk-ant-api03-CaNaRyCaNaRyCaNaRy0001", "http://ann:CaNaRy-hunter2@127.0.0.1:1234/v1"]


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize(
    "where",
    [
        "{providers: {lmstudio: {quotaSource: api, local: {type: lmstudio, endpoint: '@'}}}}",
        "{providers: {lmstudio: {quotaSource: '@'}}}",
        "{providers: {lmstudio: {quotaSource: api, apiKey: '@'}}}",
        "{providers: {'@': {quotaSource: api}}}",
        "{'@': 1, mode: '@'}",
        "{rules: [{name: '@', pin: '@', allow: ['@'], match: {slot: '@'}, note: '@'}]}",
        "{rules: '@'}",
        "{mode: auto, mode: '@', '@': 1, '@': 2}",
        "{mode: !<@> auto}",
    ],
)
def test_a_secret_is_refused_and_never_repeated(where: str, canary: str) -> None:
    checked = check_text({"p.yaml": spec(where.replace("@", canary))})

    assert checked.policy is None
    assert "looks like a secret" in lines(checked)
    assert "CaNaRy" not in lines(checked)


def test_files_merge_by_provider_and_rules_follow_the_order_of_the_files() -> None:
    base = spec("{mode: auto, providers: {a: {quotaSource: api}}, rules: [{name: one, protect: true}]}")
    more = spec("{providers: {a: {tier: free}, b: {quotaSource: manual}}, rules: [{name: two, pin: a/x}]}")

    policy = check_text({"10.yaml": base, "20.yaml": more}).policy

    assert policy is not None
    assert (policy.providers["a"].quota_source, policy.providers["a"].tier) == ("api", "free")
    assert [rule.name for rule in policy.rules] == ["one", "two"]
    assert [rule.at.file for rule in policy.rules] == ["10.yaml", "20.yaml"]
    assert policy.files == ("10.yaml", "20.yaml")


def test_a_value_set_in_two_files_is_an_error_that_names_both() -> None:
    one = spec("{mode: auto, safety: {maxChanges: 1}, providers: {a: {quotaSource: api, accounts: []}}}")
    other = spec("{mode: auto, safety: {maxChanges: 1}, providers: {a: {accounts: []}}}")

    checked = check_text({"a.yaml": one, "b.yaml": other})

    expected = (
        "b.yaml:3:8: error: spec.mode: is set at a.yaml:3:8 already → keep it in one of the two places\n"
        "b.yaml:3:29: error: spec.safety.maxChanges: is set at a.yaml:3:29 already → keep it in one of the two places\n"
        "b.yaml:3:61: error: spec.providers.a.accounts: is set at a.yaml:3:79 already → keep it in one of the two places"
    )
    assert expected == lines(checked)


def test_a_catalog_and_a_policy_share_their_models() -> None:
    catalog = "apiVersion: tactician/v1\nkind: ModelCatalog\nspec: {models: {a/x: {context: 32000}}}\n"

    policy = load_text(f"{spec('{models: {a/x: {scores: {coding: 0.5}}}}')}---\n{catalog}")

    assert Decimal("0.5") == policy.models["a/x"].scores.coding
    assert policy.models["a/x"].context == 32000


def test_a_policy_test_keeps_its_expectation_and_place() -> None:
    test = (
        "apiVersion: tactician/v1\nkind: PolicyTest\nmetadata: {name: tight}\n"
        "spec: {facts: f.json, expect: {job/a: {model: a/x}, job/b: unchanged, job/c: blocked}}\n"
    )

    (found,) = load_text(f"{spec('{}')}---\n{test}").tests

    assert found.expect == {"job/a": "a/x", "job/b": "unchanged", "job/c": "blocked"}
    assert (found.name, found.facts, found.at.line) == ("tight", "f.json", 8)


def test_no_routing_policy_is_only_a_warning() -> None:
    checked = check_text({"m.yaml": "apiVersion: tactician/v1\nkind: ModelCatalog\nspec: {models: {}}\n"})

    assert checked.policy is not None
    assert [problem.message for problem in checked.warnings] == [
        "none of these files holds a RoutingPolicy, so the defaults are the policy"
    ]


def test_the_digest_is_of_the_meaning() -> None:
    text = (FIXTURES / "home.yaml").read_text()
    expected = load_text(text).digest

    assert expected == load_text(text.replace("# 0 = Sunday", ""), "other.yaml").digest
    assert expected == load_text(text.replace("0.95", "0.950").replace("10.00", "10")).digest
    assert expected == load_text(text.replace("dry-run  ", "'dry-run'")).digest
    assert expected == load_text(text.replace("  objective: frugal", "  # objective: frugal")).digest
    assert expected == load_text(text.replace("\n", "\r\n")).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [("mode: dry-run", "mode: auto"), ("0.95", "0.96"), ("opus-4-6", "opus-4-7"), ("count: 2", "count: 3"),
     ('["anthropic/*"]', '["anthropic/c*"]'), ("10.00", "10.01"), ("hour: 7", "hour: 8"), ("family}", "kids}")],
)  # fmt: skip
def test_the_digest_changes_with_the_meaning(old: str, new: str) -> None:
    text = (FIXTURES / "home.yaml").read_text()

    assert load_text(text).digest != load_text(text.replace(old, new)).digest


def test_the_digest_covers_the_order_of_rules_but_not_their_place() -> None:
    policy = load([FIXTURES / "home.yaml"])

    assert policy.digest != replace(policy, rules=policy.rules[::-1]).digest
    moved = tuple(replace(rule, at=rule.at._replace(line=999)) for rule in policy.rules)
    assert policy.digest == replace(policy, rules=moved).digest


@settings(max_examples=40)
@given(st.data())
def test_a_policy_with_any_piece_replaced_is_read_or_refused(data: st.DataObject) -> None:
    text = (FIXTURES / "home.yaml").read_text()
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    piece = data.draw(st.text(alphabet="a1:-.,*&{}[]'\" \n%~", max_size=8))

    checked = check_text({"p.yaml": text[:start] + piece + text[end:]})

    assert (checked.policy is None) == bool(checked.errors)
    assert all(problem.hint and problem.at.line >= 1 for problem in checked.problems)

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from reconciler.policy.load import check_text


PROVIDERS = (
    "providers: {a: {quotaSource: api, accounts: [{name: me, credentialsPath: ~/a}]}, b: {quotaSource: api}}"
)


def found(spec: str) -> list[str]:
    text = f"apiVersion: tactician/v1\nkind: RoutingPolicy\nspec:\n  {spec}\n"
    return [str(problem) for problem in check_text({"p.yaml": text}).problems]


def rules(*texts: str) -> list[str]:
    lines = "".join(f"\n    - {{name: rule {number}, {text}}}" for number, text in enumerate(texts))
    return found(f"{PROVIDERS}\n  rules:{lines}")


@pytest.mark.parametrize(
    "spec",
    [
        "warningThreshold: 0.95",
        "{warningThreshold: 0.9, criticalThreshold: 0.8}",
        "criticalThreshold: 0.5",
        "providers: {a: {quotaSource: api, quotaType: budget}}",
        "providers: {a: {quotaSource: api, accounts: [{name: x, credentialsPath: a}, {name: x, credentialsPath: b}]}}",
        "providers: {a: {quotaSource: unlimited, local: {type: ollama, endpoint: 'http://127.0.0.1:11434'}}}",
        "providers: {a: {quotaSource: unlimited, tier: local, local: {type: ollama, endpoint: 'ftp://x'}}}",
        "providers: {a: {quotaSource: unlimited, tier: local, local: {type: ollama, endpoint: 'http://x:99999'}}}",
        "providers: {a: {quotaSource: unlimited, tier: local, local: {type: ollama, endpoint: '127.0.0.1:1234'}}}",
        "providers: {a: {quotaSource: unlimited, tier: local, local: {type: vllm, endpoint: 'https://api.a.com'}}}",
        "providers: {a: {quotaSource: unlimited, tier: local, local: {type: vllm, endpoint: 'http://8.8.8.8'}}}",
    ],
)
def test_settings_that_contradict_each_other_are_told(spec: str, snapshot: SnapshotAssertion) -> None:
    assert snapshot == "\n".join(found(spec))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "192.168.1.5", "nas", "gpu.local", "gpu.lan", "localhost"]
)
def test_servers_of_the_own_network_are_local(host: str) -> None:
    local = f"{{type: vllm, endpoint: 'http://{host}:8000/v1'}}"

    assert found(f"providers: {{a: {{quotaSource: unlimited, tier: local, local: {local}}}}}") == []


@pytest.mark.parametrize(
    "texts",
    [
        ("match: {job: x}",),
        ("protect: true, pin: a/x",),
        ("match: {slot: jobs/x}, pin: a/x",),
        ("match: {slot: 'agent/*', job: x}, pin: a/x",),
        ("match: {slot: agent/main/heartbeat, agent: family}, pin: a/x",),
        ("match: {slot: defaults, agent: main}, pin: a/x",),
        ("match: {provider: zzz}, pin: a/x",),
        ("pin: zzz/x",),
        ("allow: ['zzz/*']",),
        ("when: {provider: zzz, usedAbove: 0.5}, deny: ['a/*']",),
        ("when: {provider: a, account: you, usedAbove: 0.5}, deny: ['a/*']",),
        ("pin: a/x, allow: ['b/*']",),
        ("pin: a/x, deny: ['a/*']",),
        ("allow: [a/x, 'a/y*'], deny: ['a/*']",),
        ("match: {job: j}, pin: a/x", "match: {job: j}, pin: b/x"),
        ("match: {job: j}, pin: a/x, task: coding", "match: {job: j}, pin: b/x"),
        ("match: {job: j}, allow: ['a/*']", "match: {job: j}, deny: ['a/*']"),
        ("match: {job: j}, pin: a/x", "match: {job: j}, deny: ['a/*']"),
    ],
)
def test_rules_that_make_no_sense_are_told(texts: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    assert snapshot == "\n".join(rules(*texts))


def test_two_rules_of_one_name_are_told() -> None:
    (problem,) = found("rules: [{name: x, protect: true}, {name: x, match: {job: j}, pin: a/x}]")

    assert 'p.yaml:4:37: warning: the rule at p.yaml:4:11 is called "x" too' in problem


@pytest.mark.parametrize(
    "texts",
    [
        ("match: {slot: 'job/*', job: 'nightly*'}, pin: a/x",),
        ("match: {slot: 'agent/*/heartbeat', agent: main}, pin: a/x",),
        ("match: {slot: 'job/*', agent: main}, pin: a/x",),
        ("match: {slot: '*'}, protect: true",),
        ("allow: ['a/*', 'zzz/*']",),
        ("allow: ['a/*'], deny: [a/x]",),
        ("deny: ['a/*']", "match: {job: j}, deny: []"),
        ("pin: a/x", "match: {job: j}, pin: b/x"),
        ("deny: ['a/*'], when: {provider: a, account: me, usedAbove: 0.5}", "deny: ['b/*']"),
        ("match: {job: j}, pin: a/x", "match: {job: j}, allow: ['a/*']"),
    ],
)
def test_rules_that_make_sense_are_left_alone(texts: tuple[str, ...]) -> None:
    assert rules(*texts) == []


def test_a_policy_test_must_name_slots() -> None:
    text = "apiVersion: tactician/v1\nkind: {}\nspec: {}\n"
    test = text.format("PolicyTest", "{facts: f.json, expect: {jobs/x: unchanged, job/y: blocked}}")

    (problem,) = check_text({"p.yaml": text.format("RoutingPolicy", "{}"), "t.yaml": test}).problems

    assert 't.yaml:3:7: error: spec.expect: "jobs/x" is no address of a slot' in str(problem)

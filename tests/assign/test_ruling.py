from __future__ import annotations

import pytest

from reconciler.assign.ruling import Ruling, Seen, conditions, rule_on
from reconciler.facts.model import Reading
from tests.worlds import HAIKU, LOCAL, OPUS, policy, reading


DIGEST = Seen("job/digest", "digest", "main", "anthropic")


def ruling(
    *rules: str, task: str | None = "simple", it: Seen = DIGEST, readings: tuple[Reading, ...] = ()
) -> Ruling:
    text = "".join(f"\n  - {{name: rule {number}, {rule}}}" for number, rule in enumerate(rules, 1))
    known = policy(f"rules:{text}").rules
    return rule_on(it, known, task=task, holds=conditions(known, readings))  # type: ignore[arg-type]


def pinned(found: Ruling) -> str | None:
    return found.pin and found.pin.text


def test_without_rules_nobody_speaks() -> None:
    known = policy()

    assert Ruling() == rule_on(DIGEST, known.rules, task=None, holds=conditions((), ()))


def test_of_two_rules_that_set_the_same_key_the_later_wins() -> None:
    found = ruling(f"pin: {OPUS}", f"pin: {HAIKU}")

    assert HAIKU == pinned(found)
    assert "rule 2" == found.pinned_by.name  # type: ignore[union-attr]


def test_rules_are_joined_key_by_key() -> None:
    found = ruling(f'pin: {OPUS}, deny: ["openai/*"]', "protect: true", 'deny: ["google/*"]')

    assert OPUS == pinned(found)
    assert "rule 2" == found.protected_by.name  # type: ignore[union-attr]
    assert ["google/*"] == [pattern.text for pattern in found.deny]


def test_a_later_rule_lifts_what_an_earlier_one_said() -> None:
    found = ruling('deny: ["anthropic/*"], protect: true', "deny: [], protect: false")

    assert found.objection(OPUS) is None
    assert found.protected_by is None


@pytest.mark.parametrize(
    ("match", "covers"),
    [
        ("{job: dig*}", True),
        ("{job: dig}", False),
        ("{job: Digest}", False),
        ("{agent: main}", True),
        ("{agent: other}", False),
        ("{slot: job/*}", True),
        ("{slot: defaults}", False),
        ("{provider: anthropic}", True),
        ("{provider: openai}", False),
        ("{task: simple}", True),
        ("{task: coding}", False),
        ("{job: dig*, task: simple, agent: main}", True),
        ("{job: dig*, task: coding}", False),
    ],
)
def test_a_rule_covers_a_slot_when_every_key_of_its_match_fits(match: str, *, covers: bool) -> None:
    assert covers == (pinned(ruling(f"match: {match}, pin: {OPUS}")) == OPUS)


def test_what_a_slot_does_not_have_fits_no_pattern() -> None:
    nobodys = Seen("defaults", None, None, None)

    for match in ("{job: '*'}", "{agent: '*'}", "{provider: '*'}"):
        assert pinned(ruling(f"match: {match}, pin: {OPUS}", it=nobodys)) is None


def test_a_task_override_comes_before_the_rules_that_match_a_task() -> None:
    found = ruling(f"match: {{task: coding}}, pin: {OPUS}", "match: {job: digest}, task: coding")

    assert "coding" == found.task
    assert OPUS == pinned(found)


def test_after_an_override_what_the_prompt_looks_like_no_longer_matches() -> None:
    assert pinned(ruling(f"match: {{task: simple}}, pin: {OPUS}", "task: coding")) is None


def test_a_rule_can_override_the_very_task_that_it_matches() -> None:
    found = ruling('match: {task: simple}, task: coding, deny: ["openai/*"]')

    assert "coding" == found.task
    assert "rule 1" == found.task_by.name  # type: ignore[union-attr]
    assert found.objection("openai/gpt-5.4")


def test_the_later_override_wins() -> None:
    assert "creative" == ruling("task: coding", "task: creative").task


@pytest.mark.parametrize(("used", "holds"), [("0.71", True), ("0.7", False), ("0.1", False), (None, False)])
def test_a_condition_holds_above_its_share_and_never_on_an_unknown_reading(
    used: str | None, *, holds: bool
) -> None:
    when = "when: {provider: anthropic, usedAbove: 0.7}"

    found = ruling(f"{when}, pin: {LOCAL}", readings=(reading("anthropic", used),))

    assert holds == (pinned(found) == LOCAL)


def test_without_a_reading_no_condition_holds() -> None:
    assert pinned(ruling(f"when: {{provider: anthropic, usedAbove: 0}}, pin: {LOCAL}")) is None


@pytest.mark.parametrize(
    ("narrowed", "holds"),
    [("", True), ("window: week*, ", True), ("window: 5-hour, ", False)],
)
def test_a_condition_looks_at_the_window_that_it_names(narrowed: str, *, holds: bool) -> None:
    when = f"when: {{provider: anthropic, {narrowed}usedAbove: 0.7}}"
    readings = (reading("anthropic", "0.2", window="5-hour"), reading("anthropic", "0.9"))

    assert holds == (pinned(ruling(f"{when}, pin: {LOCAL}", readings=readings)) == LOCAL)


def test_the_reading_of_another_provider_does_not_count() -> None:
    when = "when: {provider: anthropic, usedAbove: 0.7}"

    assert pinned(ruling(f"{when}, pin: {LOCAL}", readings=(reading("openai", "0.9"),))) is None


def test_an_objection_names_the_line_that_objects() -> None:
    denied = ruling(f'deny: ["openai/*", "{HAIKU}"]')
    allowed = ruling('allow: ["ollama/*"]')

    assert denied.objection(HAIKU).startswith("denied by policy.yaml:")  # type: ignore[union-attr]
    assert allowed.objection(OPUS).startswith("not allowed by policy.yaml:")  # type: ignore[union-attr]
    assert denied.objection(OPUS) is None
    assert allowed.objection(LOCAL) is None


def test_only_rules_about_models_and_tasks_speak() -> None:
    assert ruling('deny: ["a/*"]').spoken
    assert ruling("task: coding").spoken
    assert not ruling("protect: true").spoken
    assert not ruling("deny: []").spoken

"""One key of a policy is set as its file would set it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.errors import UsageError
from reconciler.whatif.keys import with_key
from tests.worlds import OPUS, policy


@pytest.mark.parametrize(
    ("path", "text", "spec"),
    [
        ("mode", "auto", "mode: auto"),
        ("objective", "best-fit", "objective: best-fit"),
        ("warningThreshold", "0.5", "warningThreshold: 0.5"),
        ("qualityThresholds.simple", "0.7", "qualityThresholds: {simple: 0.7}"),
        ("safety.maxChanges", "50", "safety: {maxChanges: 50}"),
        ("fallbacks.distinctProviders", "false", "fallbacks: {distinctProviders: false}"),
        ("localModelPreference", "'never'", "localModelPreference: never"),
    ],
)
def test_setting_a_key_is_writing_it_into_the_file(path: str, text: str, spec: str) -> None:
    assert policy(spec).digest == with_key(policy(), path, text).digest


def test_a_key_of_a_provider_whose_name_holds_dots() -> None:
    had = policy(providers="providers: {z.ai: {quotaSource: manual}, z: {quotaSource: manual}}")

    found = with_key(had, "providers.z.ai.priority", "7").providers

    assert (7, 50) == (found["z.ai"].priority, found["z"].priority)


@pytest.mark.parametrize("model", [OPUS, "acme/new-4.6"])
def test_a_score_of_a_model_whether_or_not_the_policy_speaks_of_it(model: str) -> None:
    found = with_key(policy(), f"models.{model}.scores.coding", "0.5").models[model]

    assert Decimal("0.5") == found.scores.coding


def test_what_stands_beside_the_key_stays() -> None:
    had = policy("safety: {minimumGain: 0.2}\nrules: [{name: keep, protect: true}]")

    found = with_key(had, "safety.maxChanges", "3")

    assert Decimal("0.2") == found.safety.minimum_gain
    assert had.rules == found.rules
    assert replace(found, safety=had.safety, places=had.places) == had


@pytest.mark.parametrize(
    ("path", "text", "problem", "hint"),
    [
        ("warningTreshold", "0.5", "has no key 'warningTreshold'", "did you mean warningThreshold?"),
        ("maxChanges", "5", "has no key 'maxChanges'", "did you mean safety.maxChanges?"),
        ("safety.maxChange", "5", 'unknown key "maxChange"', "did you mean maxChanges?"),
        ("mode", "atuo", 'found "atuo"', "did you mean auto?"),
        ("warningThreshold", "85", "expected a share from 0 to 1", "85 % is 0.85"),
        ("warningThreshold", "0.99", "not below the critical share", "set warningThreshold below"),
        ("providers.antropic.tier", "free", "no provider 'antropic'", "did you mean anthropic?"),
        ("providers.google.tier", "fre", "expected one of premium", "did you mean free?"),
        ("fallbacks", "3", "no single value", "fallbacks.KEY=VALUE"),
        ("mode.x", "3", "mode has no keys below it", "a value itself"),
        ("rules", "3", "no single value", "policy file"),
        ("safety.maxChanges", "many", "expected a whole number", "digits only"),
        ("\x1b[31m", "3", "has no key '\\x1b[31m'", "the keys are"),
    ],
)
def test_a_wrong_path_or_value_names_what_is_nearest(path: str, text: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        with_key(policy(), path, text)

    assert problem.replace("\\x1b", "\\\\x1b") in error.value.problem
    assert hint in error.value.hint


def test_the_policy_that_was_given_is_as_it_was() -> None:
    had = policy()
    before: Any = (had.digest, dict(had.places))

    with_key(had, "providers.openai.tier", "free")

    assert before == (had.digest, dict(had.places))

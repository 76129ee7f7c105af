from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from reconciler.policy.load import check_text
from reconciler.policy.schema import schema, schema_text
from reconciler.policy.source import parse, plain


ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).parent / "fixtures"
VALIDATOR = Draft7Validator(schema())


def as_json(text: str) -> object:
    """Read YAML the way an editor does: lists, and numbers that are floats."""
    (document,) = parse(text, "p.yaml").documents
    return json.loads(json.dumps(plain(document), default=lambda number: float(Decimal(number))))


def test_the_committed_schema_is_current() -> None:
    assert schema_text() == (ROOT / "schemas" / "policy.schema.json").read_text()


def test_the_schema_is_a_schema_and_says_what_every_key_is() -> None:
    Draft7Validator.check_schema(schema())

    for name, definition in schema()["definitions"].items():
        for key, value in definition["properties"].items():
            assert value.get("description"), f"{name}.{key}"
            assert definition["additionalProperties"] is False, name


@pytest.mark.parametrize(
    "text",
    [
        (FIXTURES / "home.yaml").read_text(),
        "apiVersion: tactician/v1\nkind: ModelCatalog\nspec: {models: {a/b: {prices: {input: 1.5}, context: 32000}}}",
        "apiVersion: tactician/v1\nkind: PolicyTest\nspec: {facts: f, expect: {job/x: {model: a/b}, job/y: blocked}}",
    ],
)
def test_what_the_loader_takes_is_valid(text: str) -> None:
    assert not check_text({"p.yaml": text}).errors
    assert [error.message for error in VALIDATOR.iter_errors(as_json(text))] == []


@pytest.mark.parametrize(
    "spec",
    [
        "{mod: auto}",
        "{mode: yes}",
        "{mode: }",
        "{warningThreshold: 80}",
        "{warningThreshold: '0.8'}",
        "{providers: {a: {}}}",
        "{providers: {'A b': {quotaSource: api}}}",
        "{providers: {a: {quotaSource: api, limit: 0}}}",
        "{providers: {a: {quotaSource: api, budget: {monthlyLimit: -1}}}}",
        "{providers: {a: {quotaSource: api, resetSchedule: {type: weekly}}}}",
        "{providers: {a: {quotaSource: api, resetSchedule: {type: daily, hour: 24}}}}",
        "{providers: {a: {quotaSource: api, resetSchedule: {type: daily, dayOfWeek: 1}}}}",
        "{models: {haiku: {context: 1}}}",
        "{fallbacks: {count: 2.5}}",
        "{rules: [{pin: a/b}]}",
        "{rules: [{name: x, pin: 'a/*'}]}",
        "{rules: [{name: x, allow: []}]}",
        "{rules: [{name: x, deny: [a b]}]}",
        "{rules: [{name: x, match: {task: simpel}}]}",
        "{rules: [{name: x, when: {provider: a}}]}",
    ],
)
def test_what_the_loader_refuses_is_invalid(spec: str) -> None:
    text = f"apiVersion: tactician/v1\nkind: RoutingPolicy\nspec: {spec}\n"

    assert check_text({"p.yaml": text}).errors
    assert list(VALIDATOR.iter_errors(as_json(text)))

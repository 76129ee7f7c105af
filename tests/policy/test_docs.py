from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.policy.load import check_text
from reconciler.policy.schema import schema


DOCS = Path(__file__).parents[2] / "docs" / "policy.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_policy_without_a_problem(example: str) -> None:
    head = "" if "apiVersion" in example else "apiVersion: tactician/v1\nkind: RoutingPolicy\n"
    routing = "" if "RoutingPolicy" in head + example else (
        "---\napiVersion: tactician/v1\nkind: RoutingPolicy\nspec: {}\n"
    )  # fmt: skip

    assert check_text({"policy.md": head + example + routing}).problems == ()


def test_every_key_is_explained_and_shown() -> None:
    text = DOCS.read_text()
    keys = {key for definition in schema()["definitions"].values() for key in definition["properties"]}

    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
    examples = "\n".join(EXAMPLES)
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}:", examples)] == []


def test_every_default_is_the_one_of_the_code() -> None:
    text = DOCS.read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", text, re.MULTILINE))
    definitions = schema()["definitions"]
    actual = {
        key: value["default"]
        for name in ("RoutingSpec", "Provider", "Safety")
        for key, value in definitions[name]["properties"].items()
        if "default" in value and value["default"] not in ({}, [])
    }

    assert {key: str(value).removesuffix(".0") for key, value in actual.items()} == {
        key: value for key, value in rows.items() if key in actual
    }

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources

import pytest

from reconciler.catalog.model import KINDS, CatalogModel, shipped


CATALOG = shipped()


def name_of(ref: str) -> str | None:
    found = CATALOG.find(ref)
    return found and found.name


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("anthropic/claude-opus-4-6", "claude-opus-4-6"),
        ("anthropic/claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("openai/gpt-5.4-2026-03-05", "gpt-5.4"),
        ("anthropic/claude-sonnet-4-6-latest", "claude-sonnet-4-6"),
        ("github-copilot/claude-haiku-4.5", "claude-haiku-4-5"),
        ("openrouter/anthropic/claude-opus-4.6", "claude-opus-4-6"),
        ("openrouter/deepseek/deepseek-v4-flash:free", "deepseek-v4-flash"),
        ("zai/GLM-5", "glm-5"),
        ("zai/glm5", "glm-5"),
    ],
)
def test_a_model_is_found_by_the_names_that_hosts_use(ref: str, name: str) -> None:
    assert name == name_of(ref)


@pytest.mark.parametrize(
    "ref",
    [
        "openai/gpt-9",
        "ollama/qwen3:8b",
        "anthropic/claude",
        "openai/gpt-5-4",
        "",
        "/",
        "anthropic/",
        "x/-latest",
    ],
)
def test_an_unknown_model_is_not_taken_for_a_known_one(ref: str) -> None:
    assert CATALOG.find(ref) is None


def test_what_is_not_known_of_a_price_is_no_price() -> None:
    assert CatalogModel("m", price_input=Decimal(1)).blended_price() is None
    assert CatalogModel("m", price_output=Decimal(1)).blended_price() is None


def test_the_blended_price_is_thirteen_parts_input_and_one_output() -> None:
    model = CatalogModel("m", price_input=Decimal(5), price_output=Decimal(25))

    assert Decimal(90) / 14 == model.blended_price()


def test_the_owners_numbers_go_before_ours_for_that_ref_alone() -> None:
    own = CatalogModel("mine", scores={"coding": Decimal("0.1")})

    catalog = CATALOG.overlay({"anthropic/claude-opus-4-6": own})

    assert own == catalog.find("anthropic/claude-opus-4-6")
    assert CATALOG.find("openrouter/claude-opus-4-6") == catalog.find("openrouter/claude-opus-4-6")



from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from reconciler.catalog.model import CatalogModel, shipped
from tests.snapshot.build import DATA, SHIPPED, build, write


CATALOG = shipped()
TODAY = date(2026, 9, 14)


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
        "ollama/nobody-knows:8b",
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


def test_the_owners_numbers_go_before_ours_for_that_ref_alone() -> None:
    own = CatalogModel("mine", scores={"coding": Decimal("0.1")})

    catalog = CATALOG.overlay({"anthropic/claude-opus-4-6": own})

    assert own == catalog.find("anthropic/claude-opus-4-6")
    assert CATALOG.find("openrouter/claude-opus-4-6") == catalog.find("openrouter/claude-opus-4-6")


def found(ref: str) -> CatalogModel:
    model = CATALOG.find(ref)
    assert model is not None
    return model


def test_the_shipped_catalog_is_what_the_committed_files_give(tmp_path: Path) -> None:
    write(build(), tmp_path / "catalog.json")

    assert SHIPPED.read_text() == (tmp_path / "catalog.json").read_text()


def test_a_model_that_thinks_less_reasons_less_well() -> None:
    mini = found("openai/gpt-5.4-mini")

    scores = [mini.at(level).scores["reasoning"] for level in ("off", "low", "medium", "high", "xhigh")]

    assert sorted(scores) == scores
    assert scores[0] < scores[-1] / 2


def test_without_a_word_on_thinking_the_usual_level_counts() -> None:
    assert "medium" == found("openai/gpt-5.4-mini").level
    assert "on" == found("zai/glm-5").at("high").level
    assert "max" == found("anthropic/claude-opus-5").at("ultra").level


def test_the_owners_score_holds_at_every_level() -> None:
    own = replace(found("openai/gpt-5.4-mini"), own={"coding": Decimal("0.11")})

    assert Decimal("0.11") == own.at("high").scores["coding"]


def test_every_number_has_a_source_a_licence_and_a_confidence_that_age_lowers() -> None:
    for ref in CATALOG.refs():
        for numbers in found(ref).levels.values():
            for number in numbers.values():
                assert number.source.title
                assert number.source.licence
                assert 0 < number.confidence <= 1
                assert number.confidence_on(number.source.date) >= number.confidence_on(TODAY)


def test_a_number_half_a_year_old_is_trusted_half_as_much() -> None:
    number = found("openai/gpt-5.4-mini").levels["low"]["coding"]

    assert number.confidence / 2 == number.confidence_on(number.source.date + timedelta(days=180))


def test_an_estimated_number_says_so() -> None:
    opus = found("anthropic/claude-opus-5")

    assert not opus.levels["max"]["coding"].source.estimated
    assert opus.levels["low"]["coding"].source.estimated
    assert found("ollama/llama3.1:8b").levels["on"]["coding"].source.estimated


def test_a_known_model_that_nobody_measured_has_no_scores() -> None:
    assert {} == found("ollama/qwen3:8b").scores


def test_long_requests_cost_what_the_tier_says() -> None:
    gemini = found("google/gemini-3.1-pro-preview")

    assert Decimal(2) == gemini.prices_for(200_000)["input"]
    assert Decimal(4) == gemini.prices_for(200_001)["input"]


def test_a_subscription_costs_quota_and_is_not_free() -> None:
    copilot = found("github-copilot/claude-haiku-4.5")

    assert copilot.quota
    assert Decimal(1) == copilot.price_input


def test_an_aggregators_own_price_goes_before_the_makers() -> None:
    assert found("openrouter/minimax/minimax-m2.5").price_source
    assert found("openrouter/minimax/minimax-m2.5").price_input != found("minimax/MiniMax-M2.5").price_input


def test_the_window_scores_by_its_doublings() -> None:
    assert Decimal(0) == CatalogModel("m", context_window=4096).context_score
    assert Decimal(1) == CatalogModel("m", context_window=2_000_000).context_score
    assert CatalogModel("m").context_score is None


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("synthetic/hf:MiniMaxAI/MiniMax-M3", "minimax-m3"),
        ("kimi/k3", "kimi-k3"),
        ("kimi/k3[1m]", "kimi-k3"),
        ("kimi/kimi-for-coding", "kimi-k2.7-code"),
        ("kimi-coding/kimi-code", "kimi-k2.7-code"),
        ("moonshot/kimi-k2-0905-preview", "kimi-k2-instruct-0905"),
        ("moonshot/kimi-k2-thinking-turbo", "kimi-k2-thinking"),
        ("synthetic/hf:moonshotai/Kimi-K2-Instruct-0905", "kimi-k2-instruct-0905"),
        ("qwen-portal/coder-model", "coder-model"),
        ("claude-cli/opus-4.6", "claude-opus-4-6"),
        ("lmstudio/lmstudio-community/Meta-Llama-3.1-8B-Instruct-Q8_0.gguf", "llama3.1-8b"),
        ("ollama/gpt-oss:120b-cloud", "gpt-oss-120b"),
        ("lmstudio/google/gemma-3-27b-it", "gemma-3-27b-it"),
        ("google-antigravity/claude-opus-4-6-thinking", "claude-opus-4-6"),
    ],
)
def test_local_files_and_subscriptions_name_models_their_own_way(ref: str, name: str) -> None:
    assert name == name_of(ref)


def test_every_id_that_openclaw_lists_is_known_with_its_window() -> None:
    rows = json.loads((DATA / "packages.json").read_text(encoding="utf-8"))
    listed = {row["ref"] for row in rows if row["source"].startswith("openclaw")}

    assert {"synthetic", "moonshot", "kimi", "kimi-coding", "deepseek"} <= {
        ref.partition("/")[0] for ref in listed
    }
    known = {ref: CATALOG.find(ref) for ref in listed if not ref.endswith(("/auto", "/free"))}
    assert [] == [ref for ref, model in known.items() if model is None or not model.context_window]


def test_a_subscriptions_own_window_goes_before_the_makers() -> None:
    assert 262_144 == found("kimi/k3-256k").context_window
    assert 1_048_576 == found("kimi/k3").context_window
    assert ("text",) == found("deepseek/deepseek-v4-flash").modalities

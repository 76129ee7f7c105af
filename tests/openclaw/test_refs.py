from __future__ import annotations

from typing import Any

import pytest

from reconciler.openclaw.refs import (
    EARLY_RULES,
    MODERN_RULES,
    ModelRef,
    configured_models,
    parse_ref,
    read_refs,
    split_profile,
)


CONFIG: dict[str, Any] = {
    "models": {
        "providers": {
            "LMStudio": {"models": [{"id": "gemma"}, {"id": "both"}]},
            "ollama": {"models": [{"id": "both"}, {"id": ""}, "junk"]},
            "mlx": {"models": None},
        }
    },
    "agents": {
        "defaults": {
            "models": {
                "anthropic/claude-opus-4-6": {"alias": "opus"},
                "ollama/huge": {"alias": "Big One"},
                "openai/gpt-5.4": {},
                "zai/*": {"alias": "any"},
            }
        }
    },
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("opus", "anthropic/claude-opus-4-6"),
        ("OPUS", "anthropic/claude-opus-4-6"),
        ("Big One", "ollama/huge"),
        ("opus@work", "anthropic/claude-opus-4-6@work"),
        ("anthropic/opus", "anthropic/claude-opus-4-6"),
        ("openai/opus", "openai/opus"),
        ("any", "openai/any"),
        ("gemma", "lmstudio/gemma"),
        ("GEMMA", "lmstudio/GEMMA"),
        ("both", "openai/both"),
        ("gpt-5.4", "openai/gpt-5.4"),
        ("nosuchbare", "openai/nosuchbare"),
        ("LMStudio/gemma", "lmstudio/gemma"),
        (" anthropic/x ", "anthropic/x"),
        ("lmstudio/Gemma", "lmstudio/Gemma"),
        ("anthropic/claude-opus-4-6@work", "anthropic/claude-opus-4-6@work"),
        ("openrouter/anthropic/x", "openrouter/anthropic/x"),
        ("mlx/mlx-community/Qwen3", "mlx/mlx-community/Qwen3"),
        ("ollama/qwen3:8b", "ollama/qwen3:8b"),
    ],
)
def test_a_written_model_is_resolved_as_2026_9_6_does(written: str, expected: str) -> None:
    found = read_refs(CONFIG, MODERN_RULES).resolve(written)

    assert found is not None
    assert expected == str(found)
    assert written == found.written


@pytest.mark.parametrize("written", ["", "  ", "/x", "x/", "/", " / "])
def test_what_names_no_model_is_ignored(written: str) -> None:
    assert read_refs(CONFIG, MODERN_RULES).resolve(written) is None


def test_an_early_version_takes_every_bare_name_for_an_anthropic_model() -> None:
    refs = read_refs(CONFIG, EARLY_RULES)

    assert "anthropic/gemma" == str(refs.resolve("gemma"))
    assert "anthropic/claude-opus-4-6" == str(refs.resolve("opus"))


def test_a_bare_fallback_belongs_to_the_provider_of_its_primary() -> None:
    refs = read_refs(CONFIG, MODERN_RULES)

    assert "zai/gemma" == str(refs.resolve("gemma", near="zai", infer=False))
    assert "zai/glm" == str(refs.resolve("glm", near="zai"))


def test_an_agents_own_alias_wins_and_an_empty_one_switches_it_off() -> None:
    agent = {
        "models": {
            "ollama/small": {"alias": "opus"},
            "ollama/huge": {"alias": ""},
            "openai/gpt-5.4": {"params": {}},
        }
    }

    refs = read_refs(CONFIG, MODERN_RULES, agent)

    assert "ollama/small" == str(refs.resolve("opus"))
    assert "openai/Big One" == str(refs.resolve("Big One"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/b@work", ("a/b", "work")),
        ("a/b", ("a/b", None)),
        ("@x/b", ("@x/b", None)),
        ("a/b@", ("a/b@", None)),
        ("@", ("@", None)),
        ("a/b@20250929", ("a/b@20250929", None)),
        ("a/b@20250929@work", ("a/b@20250929", "work")),
        ("lm/gemma@q4_k_m", ("lm/gemma@q4_k_m", None)),
        ("lm/gemma@4bit@home", ("lm/gemma@4bit", "home")),
        ("lm/gemma@quiet", ("lm/gemma", "quiet")),
    ],
)
def test_a_date_or_a_quantization_is_not_taken_for_a_login(
    text: str, expected: tuple[str, str | None]
) -> None:
    assert expected == split_profile(text)


def test_references_are_equal_however_they_were_written() -> None:
    assert ModelRef("a", "b", written="alias") == ModelRef("a", "b", written="a/b")
    assert ModelRef("a", "b", "work") != ModelRef("a", "b")
    assert ModelRef("a", "b", "work").key == ModelRef("a", "b").key


def test_a_bare_text_takes_the_default_provider() -> None:
    assert ModelRef("zai", "glm") == parse_ref("glm", "ZAI")
    assert parse_ref("", "zai") is None


def test_models_are_listed_in_the_order_of_the_file() -> None:
    assert [("lmstudio", "gemma"), ("lmstudio", "both"), ("ollama", "both")] == configured_models(CONFIG)


def test_of_two_models_with_one_alias_the_one_written_last_has_it() -> None:
    config = {"agents": {"defaults": {"models": {"x/a": {"alias": "one"}, "x/b": {"alias": "one"}}}}}

    assert "x/b" == str(read_refs(config, MODERN_RULES).resolve("one"))
    assert "x/a" == str(read_refs(config, MODERN_RULES, {"models": {"x/a": {"alias": "one"}}}).resolve("one"))


def test_a_model_that_is_called_like_an_alias_keeps_its_name() -> None:
    config = CONFIG | {"models": {"providers": {"anthropic": {"models": [{"id": "opus"}]}}}}

    assert "anthropic/opus" == str(read_refs(config, MODERN_RULES).resolve("anthropic/opus"))

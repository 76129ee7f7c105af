from __future__ import annotations

from typing import Any

import pytest

from reconciler.openclaw.allowlist import Known, Verdict, knowledge, read_allow_list
from reconciler.openclaw.inherit import ref_rules
from reconciler.openclaw.refs import ModelRef, read_refs
from reconciler.openclaw.roster import Agent
from reconciler.openclaw.version import capabilities, parse_version


def verdict(
    config: dict[str, Any], ref: str, *, version: str = "2026.9.6", agent: Agent | None = None
) -> Verdict:
    caps = capabilities(parse_version(version))
    refs = read_refs(config, ref_rules(caps), agent.settings if agent else None)
    provider, _, model = ref.partition("/")
    return read_allow_list(config, caps, refs, agent).judge(ModelRef(provider, model))


def defaults(**values: Any) -> dict[str, Any]:
    return {"agents": {"defaults": values}}


def agent(**settings: Any) -> Agent:
    return Agent("writer", "writer", "/agents/entries/writer", settings=settings)


def test_a_policy_allows_what_it_lists_and_nothing_else() -> None:
    config = defaults(
        models={"openai/gpt-5.4": {"alias": "gpt"}},
        modelPolicy={"allow": ["ollama/*", "gpt", "openrouter/meta/*"]},
    )

    allowed = {
        ref: verdict(config, ref).allowed
        for ref in ("ollama/any", "openai/gpt-5.4", "openrouter/meta/llama", "openrouter/x", "openai/gpt-5.5")
    }

    assert [True, True, True, False, False] == list(allowed.values())


def test_the_answer_names_the_pointer_that_decides() -> None:
    found = verdict(defaults(modelPolicy={"allow": ["ollama/*"]}), "zai/glm")

    assert (
        Verdict(False, "zai/glm is not in the host's allow list", "/agents/defaults/modelPolicy/allow")
        == found
    )


def test_an_agents_policy_replaces_the_shared_one() -> None:
    config = defaults(modelPolicy={"allow": ["ollama/*"]})
    own = agent(modelPolicy={"allow": ["zai/*"]})

    assert verdict(config, "zai/glm", agent=own).allowed
    assert not verdict(config, "ollama/x", agent=own).allowed
    assert "/agents/entries/writer/modelPolicy/allow" == verdict(config, "ollama/x", agent=own).pointer


def test_an_agents_policy_without_a_list_replaces_nothing() -> None:
    config = defaults(modelPolicy={"allow": ["ollama/*"]})

    assert not verdict(config, "zai/glm", agent=agent(modelPolicy={})).allowed


def test_an_empty_list_allows_any_model() -> None:
    assert verdict(defaults(modelPolicy={"allow": []}), "zai/glm").allowed
    assert verdict(
        defaults(modelPolicy={"allow": ["ollama/*"]}), "zai/glm", agent=agent(modelPolicy={"allow": []})
    ).allowed


def test_the_model_map_is_the_list_until_the_file_is_migrated() -> None:
    config = defaults(models={"openai/gpt-5.4": {}})
    migrated = config | {"meta": {"migrations": {"modelPolicyAllowlist": True}}}

    assert "/agents/defaults/models" == verdict(config, "zai/glm").pointer
    assert not verdict(config, "zai/glm").allowed
    assert verdict(config, "openai/gpt-5.4").allowed
    assert verdict(migrated, "zai/glm").allowed
    assert verdict(defaults(models={"openai/gpt-5.4": {}}, modelPolicy={}), "zai/glm").allowed


def test_no_list_at_all_allows_any_model() -> None:
    for version in ("2026.3.1", "2026.9.6"):
        assert Verdict(True, "the host allows any model") == verdict({}, "zai/glm", version=version)


def test_an_early_version_has_the_keys_of_the_map_and_its_own_defaults() -> None:
    config = defaults(
        models={"openai/gpt-5.2": {}},
        model={"primary": "zai/glm", "fallbacks": ["ollama/x"]},
        modelPolicy={"allow": ["mlx/*"]},
    )

    allowed = [
        verdict(config, ref, version="2026.3.22").allowed
        for ref in ("openai/gpt-5.2", "zai/glm", "ollama/x", "mlx/y", "zai/other")
    ]

    assert [True, True, True, False, False] == allowed


def test_the_case_of_a_model_matters() -> None:
    config = defaults(modelPolicy={"allow": ["LMStudio/Gemma"]})

    assert verdict(config, "lmstudio/Gemma").allowed
    assert not verdict(config, "lmstudio/gemma").allowed


@pytest.mark.parametrize(
    ("ref", "expected", "pointer"),
    [
        ("lmstudio/gemma", Known.LISTED, "/models/providers/LMStudio/models"),
        ("lmstudio/other", Known.PROVIDER, "/models/providers/LMStudio"),
        ("openai/gpt-5.4", Known.LISTED, "/agents/defaults/models"),
        ("openai/other", Known.PROVIDER, "/auth/profiles/openai:me"),
        ("nosuch/x", Known.UNKNOWN, None),
    ],
)
def test_a_host_says_what_it_knows_of_a_model(ref: str, expected: Known, pointer: str | None) -> None:
    config = {
        "auth": {"profiles": {"openai:me": {"provider": "openai"}, "broken": 1}},
        "models": {"providers": {"ollama": {}, "LMStudio": {"models": [{"id": "gemma"}]}}},
        "agents": {"defaults": {"models": {"openai/gpt-5.4": {}}}},
    }
    provider, _, model = ref.partition("/")

    found = knowledge(config, ModelRef(provider, model))

    assert (expected, pointer) == (found.known, found.pointer)


def test_an_agents_alias_means_nothing_in_the_shared_policy() -> None:
    config = defaults(modelPolicy={"allow": ["mine"]})
    own = agent(models={"zai/glm": {"alias": "mine"}})

    assert not verdict(config, "zai/glm", agent=own).allowed

from __future__ import annotations

import pytest

from reconciler.assign.admission import Admission
from reconciler.facts.model import HostModel
from tests.worlds import EARLY, GPT, HAIKU, OPUS, config, facts


LISTED = (HostModel(ref=OPUS), HostModel(ref="anthropic/claude-opus-5"))


@pytest.mark.parametrize(
    ("ref", "known"),
    [
        (OPUS, True),
        (f"{OPUS}@work", True),
        ("anthropic/claude-opus-5", True),
        ("openai/gpt-9", False),
        ("x", False),
    ],
)
def test_a_gateway_says_which_models_there_are(ref: str, *, known: bool) -> None:
    admission = Admission(facts(config={}, models=LISTED).host)

    assert known == (admission.unknown(ref) is None)


def test_without_a_gateway_a_login_of_the_provider_has_to_do() -> None:
    login = {"auth": {"profiles": {"login-1": {"provider": "openai"}}}}

    assert Admission(facts(config=login).host).unknown("openai/gpt-9") is None
    assert "there is a login for openai" == Admission(facts(config=login, models=LISTED).host).unknown(
        "openai/gpt-9"
    )
    assert "nothing in openclaw.json speaks of openai" == Admission(facts(config={}).host).unknown(GPT)


def test_an_agents_own_allow_list_goes_before_the_shared_one() -> None:
    limited = config(
        agents={"main": {"default": True}, "family": {"modelPolicy": {"allow": ["ollama/*"]}}},
        modelPolicy={"allow": ["anthropic/*"]},
    )
    admission = Admission(facts(config=limited).host)

    assert admission.refusal(OPUS, "main") is None
    assert admission.refusal(f"{OPUS}@work", "main") is None
    expected = "not in the host's allow list (/agents/entries/family/modelPolicy/allow)"
    assert expected == admission.refusal(OPUS, "family")


def test_on_an_early_version_the_model_map_is_the_allow_list() -> None:
    admission = Admission(facts(config=config(models={HAIKU: {}}), version=EARLY).host)

    assert admission.refusal(HAIKU, None) is None
    assert "not in the host's allow list (/agents/defaults/models)" == admission.refusal(GPT, None)


def test_equal_lists_are_one_object_so_that_slots_share_work() -> None:
    admission = Admission(facts(config=config(agents={"a": {}, "b": {}})).host)

    assert admission.allow_list("a") is admission.allow_list("b")

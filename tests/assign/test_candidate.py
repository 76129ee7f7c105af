from __future__ import annotations

from decimal import Decimal

from reconciler.assign.candidate import Pool
from reconciler.assign.cost import USUAL_LOAD
from reconciler.catalog.model import Catalog, shipped
from reconciler.facts.model import HostModel
from reconciler.plan.make import owners_catalog
from reconciler.policy.model import Policy
from tests.worlds import FLASH, HAIKU, LOCAL, OPUS, config, facts, policy


def pool(owner: Policy | None = None, *, models: tuple[HostModel, ...] = ()) -> Pool:
    owner = owner or policy()
    return Pool(owner, facts(config=config(), models=models), owners_catalog(owner))


def test_the_candidates_are_the_models_that_the_host_names_of_providers_that_the_policy_names() -> None:
    owner = policy(providers="providers: {anthropic: {quotaSource: api}, google: {quotaSource: api}}")
    models = (HostModel(ref="anthropic/claude-opus-5"), HostModel(ref="mistral/large"))

    refs = [candidate.ref for candidate in pool(owner, models=models).candidates()]

    assert [HAIKU, OPUS, "anthropic/claude-opus-5", FLASH] == refs


def test_a_pattern_in_the_model_map_is_no_model() -> None:
    host = facts(config=config(models={"anthropic/*": {}, OPUS: {}}))
    found = Pool(policy(), host, Catalog({}))

    assert [OPUS] == [candidate.ref for candidate in found.candidates()]


def test_of_a_local_server_only_the_models_that_its_owner_lists_are_offered() -> None:
    local = "{type: ollama, endpoint: 'http://127.0.0.1:11434', models: ['other:1b']}"
    owner = policy(
        providers=f"providers: {{ollama: {{quotaSource: unlimited, tier: local, local: {local}}}}}"
    )

    assert () == pool(owner).candidates()
    assert pool(owner).known(LOCAL)


def test_the_host_knows_the_context_better_than_the_catalog() -> None:
    told = pool(models=(HostModel(ref=OPUS, context_window=50_000),))

    assert 50_000 == told.describe(OPUS).context
    assert 1_000_000 == pool().describe(OPUS).context


def test_the_usable_context_of_a_configured_model_goes_before_its_window() -> None:
    owner = policy()
    rows = [
        {"id": "a", "contextWindow": 131_072, "contextTokens": 65_536},
        {"id": "b", "contextWindow": 8_192},
    ]
    host = facts(config={**config(), "models": {"providers": {"ollama": {"models": rows}}}})
    found = Pool(owner, host, Catalog({}))

    assert 65_536 == found.describe("ollama/a").context
    assert 8_192 == found.describe("ollama/b").context


def test_a_login_does_not_hide_what_is_known_of_a_model() -> None:
    found = pool(models=(HostModel(ref=OPUS, available=False, reason="expired"),)).describe(f"{OPUS}@work")

    assert (f"{OPUS}@work", "anthropic", "expired") == (found.ref, found.provider, found.blocked)
    assert Decimal("0.91") == found.scores["coding"]
    assert pool().known(f"{OPUS}@work")


def test_a_model_of_a_provider_that_the_policy_does_not_name_has_no_tier() -> None:
    stranger = pool().describe("mistral/unheard-of-9")

    assert (None, None, {}, None) == (stranger.tier, stranger.model, stranger.scores, stranger.context)
    assert not pool().known("mistral/unheard-of-9")


def test_the_owners_numbers_replace_the_catalogs_key_by_key() -> None:
    numbers = f"models: {{{OPUS}: {{scores: {{coding: 0.5}}, prices: {{input: 0}}, context: 1000}}}}"
    found = pool(policy(numbers, providers="providers: {anthropic: {quotaSource: api}}")).describe(OPUS)

    assert (Decimal("0.5"), Decimal("0.83")) == (found.scores["coding"], found.scores["reasoning"])
    assert found.model is not None
    assert (Decimal(0), Decimal(25)) == (found.model.price_input, found.model.price_output)
    assert 1000 == found.context


def test_the_cost_that_the_host_states_wins_and_a_zero_is_no_statement() -> None:
    stated = config()
    stated["models"] = {
        "providers": {
            "anthropic": {"models": [{"id": "claude-opus-4-6", "cost": {"input": 14, "output": 28}}]},
            "openai": {"models": [{"id": "gpt-5.4", "cost": {"input": 0, "output": 0}}]},
        }
    }
    host = facts(config=stated)
    described = Pool(policy(), host, owners_catalog(policy()))

    opus = described.describe(OPUS).model
    assert opus is not None
    assert (Decimal(14), Decimal(28)) == (opus.price_input, opus.price_output)
    assert (described.describe("openai/gpt-5.4").cost(USUAL_LOAD) or 0) > 0


def test_the_host_tells_what_a_model_takes_better_than_the_catalog() -> None:
    stated = config()
    rows = [{"id": "claude-opus-4-6", "input": ["text"]}, {"id": "claude-haiku-4-5", "input": []}]
    stated["models"] = {"providers": {"anthropic": {"models": rows}}}
    described = Pool(policy(), facts(config=stated), owners_catalog(policy()))

    assert ("text",) == described.describe(OPUS).inputs
    assert ("text", "image") == described.describe(HAIKU).inputs
    assert () == described.describe("mistral/unheard-of-9").inputs


def test_the_host_tells_which_models_cannot_use_tools() -> None:
    rows = [{"id": "plain", "compat": {"supportsTools": False}}, {"id": "able", "compat": {}}]
    stated = {**config(), "models": {"providers": {"ollama": {"models": rows}}}}
    described = Pool(policy(), facts(config=stated), Catalog({}))

    assert [False, True] == [described.describe(f"ollama/{name}").tools for name in ("plain", "able")]


def test_a_model_is_described_at_the_level_that_it_thinks_at() -> None:
    bare = Pool(policy(providers="providers: {}"), facts(config=config()), shipped())

    off, high = (bare.describe(OPUS, level).scores["reasoning"] for level in ("off", "high"))
    assert off < high


def test_the_confidence_in_a_score_is_that_of_today_and_the_owners_word_needs_none() -> None:
    owner = policy(f"models: {{{OPUS}: {{scores: {{coding: 0.9}}}}}}", providers="")
    found = pool(owner).describe(OPUS)

    assert "coding" not in found.confidence
    assert 0 < found.confidence["reasoning"] < 1


def test_an_owners_score_of_any_dimension_is_kept() -> None:
    owner = policy(providers="models: {openai/gpt-5.4: {scores: {instruction: 0.2, speed: 0.9}}}")
    model = owners_catalog(owner).find("openai/gpt-5.4")

    assert model is not None
    assert (Decimal("0.2"), Decimal("0.9")) == (model.scores["instruction"], model.scores["speed"])

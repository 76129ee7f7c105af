from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reconciler.assign.candidate import Candidate, Pool
from reconciler.facts.model import Facts, LocalModel, LocalServer, NotOffered, ServerState
from reconciler.plan.make import make_plan, owners_catalog
from reconciler.plan.model import Plan
from reconciler.policy.model import Policy
from tests.worlds import CODING, LOCAL, NOW, OPUS, SIMPLE, config, facts, job, policy


NEW = "ollama/qwen3:32b-q4_K_M"
URL = "http://127.0.0.1:11434"
PROVIDERS = """
providers:
  anthropic: {quotaSource: api, tier: premium}
  google: {quotaSource: api, tier: free}
  ollama: {quotaSource: unlimited, tier: local, local: {type: ollama, endpoint: "http://127.0.0.1:11434"}}
models: {"ollama/qwen3:8b": {scores: {simple: 0.45, coding: 0.9, reasoning: 0.9}}}
"""


def owner(spec: str = "") -> Policy:
    return policy(spec, providers=PROVIDERS)


def server(
    state: ServerState = "ready", *models: LocalModel, kind: str = "ollama", **changes: Any
) -> LocalServer:
    values = {"url": URL, "evidence": "a test", "routable": True, "providers": ("ollama",), **changes}
    return LocalServer(kind=kind, state=state, models=models or (LocalModel(id="qwen3:8b"),), **values)


def world(*servers: LocalServer, **of_facts: Any) -> Facts:
    found = facts(
        *of_facts.pop("jobs", (job("Mail", SIMPLE),)), config=of_facts.pop("config", config()), **of_facts
    )
    return found.model_copy(update={"servers": servers})


def described(ref: str, *servers: LocalServer, spec: str = "") -> Candidate:
    made = owner(spec)
    return Pool(made, world(*servers), owners_catalog(made)).describe(ref)


def model_of(plan: Plan, name: str = "Mail") -> str:
    found = [change.after.primary for change in plan.slots if change.address == f"job/{name}"]
    return found[0] if found else "unchanged"


@pytest.mark.parametrize("state", ["ready", "asleep", "needs-key"])
def test_a_model_on_a_server_that_answers_is_available(state: ServerState) -> None:
    assert None is described(LOCAL, server(state)).blocked
    assert LOCAL == model_of(make_plan(owner(), world(server(state))))


@pytest.mark.parametrize(
    ("state", "why"), [("down", "does not answer"), ("broken", "is broken"), ("loading", "is still loading")]
)
def test_a_model_on_a_server_that_cannot_serve_is_not_available(state: ServerState, why: str) -> None:
    found = described(LOCAL, server(state))

    assert f"the server at {URL} {why}" == found.blocked
    assert (state == "loading") is found.passing
    assert LOCAL != model_of(make_plan(owner(), world(server(state))))


def test_where_nobody_looked_nothing_is_concluded() -> None:
    assert None is described(LOCAL).blocked
    assert LOCAL == model_of(make_plan(owner(), world()))


def test_a_model_that_the_server_does_not_have_is_not_available() -> None:
    other = server(
        "ready", LocalModel(id="gemma3:4b"), not_offered=(NotOffered(id="x:cloud", why="runs elsewhere"),)
    )

    assert f"the server at {URL} does not have it" == described(LOCAL, other).blocked
    assert str(described("ollama/x:cloud", other).blocked).endswith("not for chat here: runs elsewhere")


def test_an_ollama_name_without_a_tag_means_the_latest() -> None:
    assert None is described("ollama/llama3", server("ready", LocalModel(id="llama3:latest"))).blocked


def test_quantization_lowers_the_catalog_s_score_and_not_the_owner_s() -> None:
    full = described("ollama/qwen3:32b", server("ready", LocalModel(id="qwen3:32b")))
    small = described(NEW, server("ready", LocalModel(id="qwen3:32b-q4_K_M", quality=Decimal("0.919"))))
    own = described(LOCAL, server("ready", LocalModel(id="qwen3:8b", quality=Decimal("0.919"))))

    assert full.scores
    assert {
        kind: (score * Decimal("0.919")).quantize(Decimal("0.001")) for kind, score in full.scores.items()
    } == small.scores
    assert Decimal("0.45") == own.scores["simple"]


def test_the_owner_s_number_for_a_quantization_goes_before_the_published_one() -> None:
    mlx = server("ready", LocalModel(id="qwen3-32b-4bit", quantization="4bit"))
    plain = described("ollama/qwen3-32b-4bit", mlx).scores["simple"]
    own = described("ollama/qwen3-32b-4bit", mlx, spec="quantization: {4bit: {quality: 0.5}}").scores[
        "simple"
    ]

    assert (plain / 2).quantize(Decimal("0.001")) == own


def context(kind: str, spec: str = "", **row: int) -> int | None:
    """Describe a model whose server gives 8,192 tokens and whose entry in `openclaw.json` says *row*."""
    listed = {"models": {"providers": {"ollama": {"models": [{"id": "qwen3:8b", **row}]}}}}
    host = world(
        server("ready", LocalModel(id="qwen3:8b", context=8_192), kind=kind), config={**config(), **listed}
    )
    made = owner() if not spec else policy(providers=PROVIDERS.replace("{scores:", f"{{{spec}, scores:"))
    return Pool(made, host, owners_catalog(made)).describe(LOCAL).context


def test_the_context_is_what_the_server_gives() -> None:
    assert 8_192 == context("lmstudio", contextWindow=40_960)
    assert 4_096 == context("lmstudio", contextWindow=4_096)
    assert 8_192 == context("lmstudio", "context: 32768")


def test_openclaw_asks_ollama_for_the_context_that_it_is_configured_with() -> None:
    assert 40_960 == context("ollama", contextWindow=40_960)
    assert 8_192 == context("ollama")
    assert 32_768 == context("ollama", "context: 32768")


def test_a_server_of_another_kind_than_the_policy_says_is_reported() -> None:
    plan = make_plan(owner(), world(server(kind="lmstudio")))

    assert f"the server at {URL} is lmstudio, and the policy says ollama" in [f.text for f in plan.findings]


@pytest.mark.parametrize(
    ("preference", "simple", "coding"),
    [
        ("never", "google/gemini-3.6-flash", "google/gemini-3.6-flash"),
        ("simple-only", LOCAL, "google/gemini-3.6-flash"),
        ("when-available", "google/gemini-3.6-flash", "google/gemini-3.6-flash"),
        ("prefer", LOCAL, LOCAL),
    ],
)
def test_the_preference_decides_on_the_same_facts(preference: str, simple: str, coding: str) -> None:
    both = (job("Mail", SIMPLE), job("Build", CODING))
    spec = f"localModelPreference: {preference}\nqualityThresholds: {{coding: 0.3}}"
    plan = make_plan(owner(spec), world(server(), jobs=both))

    assert (simple, coding) == (model_of(plan), model_of(plan, "Build"))


def test_local_when_available_serves_where_nothing_free_does() -> None:
    spec = 'localModelPreference: when-available\nrules: [{name: r, match: {}, deny: ["google/*"]}]'

    assert LOCAL == model_of(make_plan(owner(spec), world(server())))
    assert LOCAL != model_of(make_plan(owner(spec), world(server("down"))))


def test_a_job_on_a_dead_server_is_moved_and_the_server_is_reported() -> None:
    plan = make_plan(owner(), world(server("down"), jobs=(job("Mail", SIMPLE, model=LOCAL),)))

    assert "google/gemini-3.6-flash" == model_of(plan)
    assert f"{LOCAL}: the server at {URL} does not answer" == plan.slots[0].because.reason
    assert ("provider/ollama", f"the server at {URL} does not answer") in [
        (finding.address, finding.text) for finding in plan.findings
    ]


def test_a_job_on_a_dead_server_that_may_have_no_other_model_is_reported_as_stuck() -> None:
    spec = 'rules: [{name: stays at home, match: {}, allow: ["ollama/*"]}]'
    plan = make_plan(owner(spec), world(server("down"), jobs=(job("Mail", SIMPLE, model=LOCAL),)))

    assert [] == [change for change in plan.slots if change.address == "job/Mail"]
    assert any(
        "does not answer" in finding.text for finding in plan.findings if finding.address == "job/Mail"
    )


def test_a_job_on_a_loading_server_is_left_alone() -> None:
    plan = make_plan(owner(), world(server("loading"), jobs=(job("Mail", SIMPLE, model=LOCAL),)))

    assert "unchanged" == model_of(plan)


def test_the_model_of_a_dead_server_is_no_fallback() -> None:
    plan = make_plan(owner(), world(server("down"), jobs=(job("Mail", SIMPLE, model=OPUS),)))

    assert [] == [change for change in plan.slots if LOCAL in (change.after.fallbacks or ())]


def test_facts_without_servers_still_load() -> None:
    recorded = world().dump()
    del recorded["servers"]

    assert () == Facts.model_validate(recorded).servers
    assert NOW == Facts.model_validate(recorded).taken_at

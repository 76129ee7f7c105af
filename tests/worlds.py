"""Small hosts, policies and facts for the tests of the pure core."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reconciler.facts.gather import prompt_facts
from reconciler.facts.model import Facts, HostFacts, HostModel, JobFacts, Reading
from reconciler.plan.make import make_plan
from reconciler.plan.model import Change, Plan
from reconciler.policy.load import load_text
from reconciler.policy.model import Policy
from reconciler.tasks.parts import parts_of
from reconciler.tasks.signals import signals_of


NOW = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
MODERN, EARLY = "2026.9.6", "2026.3.22"
OPUS, HAIKU = "anthropic/claude-opus-4-6", "anthropic/claude-haiku-4-5"
GPT, MINI = "openai/gpt-5.4", "openai/gpt-5.4-mini"
FLASH, DEEPSEEK = "google/gemini-3.6-flash", "openrouter/deepseek/deepseek-v4-flash"
LOCAL = "ollama/qwen3:8b"
CODING = "Refactor the function, fix the bug, run the test suite and commit the patch."
REASONING = "Analyze the risk, compare the strategies and recommend a plan."
CREATIVE = "Write a bedtime story, then a poem."
SIMPLE = "Check the inbox and tell me the count of unread mail."

PROVIDERS = """
providers:
  anthropic: {quotaSource: api, tier: premium, priority: 100}
  openai: {quotaSource: api, tier: standard, priority: 80}
  google: {quotaSource: api, tier: free, priority: 60}
  openrouter: {quotaSource: api, tier: budget}
  ollama: {quotaSource: unlimited, tier: local}
models:
  anthropic/claude-opus-4-6: {scores: {coding: 0.91, reasoning: 0.97, creative: 0.80, simple: 0.79}}
  anthropic/claude-haiku-4-5: {scores: {coding: 0.85, reasoning: 0.67, creative: 0.70, simple: 0.62}}
  openai/gpt-5.4: {scores: {coding: 0.91, reasoning: 0.93, creative: 0.89, simple: 0.81}}
  openai/gpt-5.4-mini: {scores: {coding: 0.83, reasoning: 0.68, creative: 0.68, simple: 0.64}}
  google/gemini-3.6-flash: {scores: {coding: 0.91, reasoning: 0.93, creative: 0.92, simple: 0.94}}
  openrouter/deepseek/deepseek-v4-flash: {scores: {coding: 0.80, reasoning: 0.77, creative: 0.82, simple: 0.79}}
  "ollama/qwen3:8b": {scores: {simple: 0.45}}
"""


def policy(spec: str = "", *, providers: str = PROVIDERS) -> Policy:
    """Load the policy with these lines below `spec`; the providers stand above them."""
    body = "".join(f"  {line}\n" for line in f"{providers}\n{spec}".splitlines() if line.strip())
    return load_text(f"apiVersion: tactician/v1\nkind: RoutingPolicy\nspec:\n{body or '  {}'}")


def config(model: Any = OPUS, agents: Mapping[str, Any] | None = None, **defaults: Any) -> dict[str, Any]:
    """Write an `openclaw.json` of the modern layout that knows all models of this module."""
    known = (OPUS, HAIKU, GPT, MINI, FLASH, DEEPSEEK, LOCAL)
    return {
        "meta": {"migrations": {"modelPolicyAllowlist": True}},
        "agents": {
            "defaults": {"model": model, "models": {ref: {} for ref in known}, **defaults},
            "entries": {"main": {"default": True}} if agents is None else dict(agents),
        },
    }


def job(name: str = "Digest", prompt: str | None = SIMPLE, **changes: Any) -> JobFacts:
    signals = signals_of(prompt) if prompt is not None else None
    kept = signals and prompt_facts(signals, parts_of(prompt or ""))
    values = {"id": f"id-{name}", "agent_id": "main", "payload_kind": "agentTurn", "revision": "r1"}
    return JobFacts(name=name, prompt=kept, **{**values, **changes})


def facts(
    *jobs: JobFacts,
    config: Mapping[str, Any],
    version: str | None = MODERN,
    models: tuple[HostModel, ...] = (),
    readings: tuple[Reading, ...] = (),
    **changes: Any,
) -> Facts:
    """Make the facts of a host whose gateway answered."""
    layout = "modern" if "entries" in config.get("agents", {}) else "legacy"
    values = {"id": "host-1", "label": "a test host", "jobs_from": "gateway", "gateway": True, **changes}
    host = HostFacts(version=version, layout=layout, config=dict(config), jobs=jobs, models=models, **values)
    return Facts(taken_at=NOW, host=host, readings=readings)


def reading(provider: str, used: str | None, *, account: str = "default", window: str = "weekly") -> Reading:
    return Reading(
        provider=provider,
        account=account,
        window=window,
        used_fraction=None if used is None else Decimal(used),
        taken_at=NOW - timedelta(minutes=2),
        source="test",
    )


def plan_of(*jobs: JobFacts, spec: str = "", **of_facts: Any) -> Plan:
    """Plan a host with these jobs; without a configuration it is the usual one."""
    of_facts.setdefault("config", config())
    return make_plan(policy(spec), facts(*jobs, **of_facts))


def change(plan: Plan, address: str) -> Change:
    return next(change for change in plan.changes if change.address == address)

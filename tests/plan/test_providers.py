from __future__ import annotations

from typing import Any

import jsonpatch
import pytest

from reconciler.apply.inverse import inverse
from reconciler.apply.stale import check_patches
from reconciler.assign.subject import subjects
from reconciler.errors import StalePlan
from reconciler.facts.model import Facts, LocalModel, LocalServer
from reconciler.plan.belts import live_belts
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.plan.verify import read_plan, write_plan
from reconciler.render.markdown import plan_markdown
from reconciler.render.text import plan_text
from tests.worlds import SIMPLE, config, facts, job, policy


NEW = "lmstudio/qwen3-32b"
PROVIDERS = """
providers:
  anthropic: {quotaSource: api, tier: premium}
  lmstudio: {quotaSource: unlimited, tier: local, local: {type: lmstudio, endpoint: "http://127.0.0.1:1234/v1"}}
models: {"lmstudio/qwen3-32b": {scores: {simple: 0.6}}, "lmstudio/small": {scores: {simple: 0.1}}}
"""
SERVER = LocalServer(
    kind="lmstudio",
    url="http://127.0.0.1:1234",
    state="ready",
    evidence="a test",
    routable=True,
    providers=("lmstudio",),
    models=(LocalModel(id="qwen3-32b", context=32_768), LocalModel(id="small")),
)
ENTRY = {
    "baseUrl": "http://127.0.0.1:1234/v1",
    "apiKey": "local",
    "api": "openai-responses",
    "models": [
        {"id": "qwen3-32b", "name": "qwen3-32b", "contextWindow": 32_768},
        {"id": "small", "name": "small"},
    ],
}


def world(providers: dict[str, Any] | None = None, **more: Any) -> Facts:
    settings = {**config(), **({} if providers is None else {"models": {"providers": providers}}), **more}
    return facts(job("Mail", SIMPLE), config=settings).model_copy(update={"servers": (SERVER,)})


def plan_on(host: Facts) -> Plan:
    return make_plan(policy(providers=PROVIDERS), host)


def test_a_server_that_openclaw_does_not_know_is_added_before_its_model_is_used() -> None:
    plan = plan_on(world())
    (added,) = plan.providers

    assert ["provider/lmstudio", "job/Mail"] == [change.address for change in plan.changes]
    assert ("add-local-provider", None, ENTRY) == (added.action, added.before, added.after)
    assert {
        "op": "add",
        "path": "/models",
        "value": {"providers": {"lmstudio": ENTRY}},
    } == plan.patches.config[0]
    assert [] == [belt.name for belt in plan.belts if belt.tripped]
    assert 2 == plan.summary.changes


def test_a_model_is_added_behind_those_that_the_provider_lists() -> None:
    plan = plan_on(world({"lmstudio": {"models": [{"id": "old", "name": "Old"}]}}))

    assert (
        {"op": "test", "path": "/models/providers/lmstudio/models/0/id", "value": "old"},
        {"op": "add", "path": "/models/providers/lmstudio/models/1", "value": ENTRY["models"][0]},  # type: ignore[index]
    ) == plan.patches.config


@pytest.mark.parametrize("entry", [{"models": [{"id": "qwen3-32b"}]}, {"api": "openai-responses"}])
def test_what_openclaw_lists_or_asks_for_itself_is_not_added(entry: dict[str, Any]) -> None:
    assert () == plan_on(world({"lmstudio": entry})).providers


def test_the_addition_is_undone_by_its_inverse() -> None:
    for host in (world(), world({}), world({"lmstudio": {"models": [{"id": "old"}]}})):
        plan = plan_on(host)
        written = jsonpatch.apply_patch(host.host.config, list(plan.patches.config))

        assert host.host.config == jsonpatch.apply_patch(written, list(inverse(plan.patches.config)))


def test_a_provider_that_somebody_added_meanwhile_makes_the_plan_stale() -> None:
    plan, later = plan_on(world()), world({"lmstudio": {"baseUrl": "http://10.0.0.7:1234"}}).host

    with pytest.raises(StalePlan, match="the patches of this plan"):
        check_patches(plan, subjects(later), later)


def test_the_host_knows_the_model_once_the_plan_adds_it() -> None:
    host = world().host

    assert [] == [belt.name for belt in live_belts(plan_on(world()), subjects(host), host) if belt.tripped]


def test_a_plan_with_an_addition_is_read_as_it_was_written() -> None:
    plan = plan_on(world())

    assert plan == read_plan(write_plan(plan), name="plan.json")
    assert "  + provider/lmstudio\n      server     lmstudio at http://127.0.0.1:1234\n" in plan_text(plan)
    assert "| `provider/lmstudio` | `none` |" in plan_markdown(plan)


def test_a_model_outside_the_allow_list_is_not_added() -> None:
    settings = world().host.config["agents"]
    narrow = {**settings, "defaults": {**settings["defaults"], "modelPolicy": {"allow": ["anthropic/*"]}}}

    assert () == plan_on(world(agents=narrow)).providers

"""What becomes of a real host under the set-ups that people have; its facts were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from reconciler.facts.model import Facts, History, Reading
from reconciler.facts.read import read_facts
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from tests.worlds import DEEPSEEK, FLASH, GPT, HAIKU, LOCAL, MINI, OPUS, PROVIDERS, policy


RECORDED = Path(__file__).parents[1] / "facts" / "recorded-host.json"
HOST = read_facts(RECORDED.read_text(encoding="utf-8"), name=RECORDED.name)
SUBSCRIPTIONS = ("anthropic", "openai")


def without(*providers: str) -> str:
    """Return the lines of the usual policy but those of these providers."""
    return "\n".join(
        line
        for line in PROVIDERS.splitlines()
        if not line.strip().startswith(tuple(f"{name}:" for name in providers))
    )


def only(*providers: str) -> str:
    names = ("anthropic", "openai", "google", "openrouter", "ollama")
    return without(*(name for name in names if name not in providers))


def reading(provider: str, used: str | None, **changes: object) -> Reading:
    told = Reading(
        provider=provider,
        window="weekly",
        used_fraction=None if used is None else Decimal(used),
        resets_at=HOST.taken_at + timedelta(hours=48),
        taken_at=HOST.taken_at,
        source="test",
    )
    return told.model_copy(update=changes)


def tokens(provider: str, used: str, limit: int, **changes: object) -> Reading:
    return reading(provider, used, limit=Decimal(limit), unit="tokens", **changes)


def read(*readings: Reading) -> Facts:
    return HOST.model_copy(update={"readings": readings})


def down(facts: Facts, providers: Iterable[str], reason: str = "does not answer") -> Facts:
    """Let the host say of all models of these providers that they cannot be used."""
    models = tuple(
        model.model_copy(update={"available": False, "reason": reason})
        if model.ref.partition("/")[0] in providers
        else model
        for model in facts.host.models
    )
    return facts.model_copy(update={"host": facts.host.model_copy(update={"models": models})})


def plan_for(facts: Facts = HOST, *, providers: str = PROVIDERS, spec: str = "") -> Plan:
    return make_plan(policy(spec, providers=providers), facts)


def moves(plan: Plan) -> dict[str, str]:
    return {c.address: c.after.primary for c in plan.slots if c.action == "change-model"}


def owners_of(refs: Iterable[str]) -> set[str]:
    return {ref.partition("/")[0] for ref in refs}


def warned(plan: Plan, address: str) -> str:
    return "; ".join(f.text for f in plan.findings if f.address == address and f.level == "warning")


def test_without_providers_a_plan_watches_and_changes_nothing() -> None:
    plan = plan_for(read(reading("anthropic", "0.9")), providers="")

    assert () == plan.changes
    assert (plan.summary.slots, 0) == (plan.summary.left_alone, plan.summary.stuck)
    assert "90% used" in warned(plan, "quota/anthropic")


def test_with_one_provider_nothing_moves_away_from_it_and_a_tight_quota_is_warned_of() -> None:
    plan = plan_for(read(reading("anthropic", "0.97")), providers=only("anthropic"))

    assert {} == moves(plan)
    assert "97% used" in warned(plan, "quota/anthropic")
    assert "97% used" in warned(plan, "job/Code review")


def test_with_one_provider_and_quota_its_jobs_move_only_among_its_models() -> None:
    plan = plan_for(providers=only("anthropic"))

    assert {HAIKU} == set(moves(plan).values())


def test_without_local_models_free_models_of_the_cloud_come_first() -> None:
    plan = plan_for(providers=without("ollama"))

    assert moves(plan)
    assert {FLASH} == set(moves(plan).values())


def test_with_local_models_simple_work_stays_at_home() -> None:
    assert moves(plan_for())["job/Inbox triage"] == LOCAL


def test_without_free_models_premium_goes_to_those_that_need_it() -> None:
    """No budget model is good enough for these two, so simple work leaves the subscription."""
    weak = only(*SUBSCRIPTIONS).replace(
        "openai/gpt-5.4: {scores: {coding: 0.91", "openai/gpt-5.4: {scores: {coding: 0.5"
    )
    weak = weak.replace(
        "anthropic/claude-haiku-4-5: {scores: {coding: 0.85", f"{HAIKU}: {{scores: {{coding: 0.5"
    )
    weak = weak.replace("openai/gpt-5.4-mini: {scores: {coding: 0.83", f"{MINI}: {{scores: {{coding: 0.5")

    found = moves(plan_for(providers=weak))

    assert found["job/Inbox triage"] == MINI
    assert found["job/Weather"] == MINI
    assert "job/Code review" not in found


def test_a_budget_alone_is_tracked_and_warned_of_at_its_threshold() -> None:
    spec = only().replace("models:", BUDGET + "models:")
    spent = reading("openrouter", "0.85", window="monthly", limit=Decimal(10), unit="usd")

    tight = plan_for(read(spent), providers=spec)
    easy = plan_for(read(spent.model_copy(update={"used_fraction": Decimal("0.5")})), providers=spec)

    assert "85% used" in warned(tight, "quota/openrouter")
    assert not warned(easy, "quota/openrouter")


BUDGET = """\
  openrouter: {quotaSource: api, quotaType: budget, tier: budget, budget: {monthlyLimit: 10, alertThreshold: 0.8}}
"""


def test_a_login_that_is_used_up_moves_nothing_while_another_has_quota_left() -> None:
    spent, fresh = (reading("google", used, account=name) for used, name in (("1", "one"), ("0.1", "two")))
    cloud = without("ollama")

    one_left, none_left = read(spent, fresh), read(spent, spent.model_copy(update={"account": "two"}))

    assert FLASH in moves(plan_for(one_left, providers=cloud)).values()
    assert FLASH not in moves(plan_for(none_left, providers=cloud)).values()


def test_the_room_of_several_logins_is_that_of_all() -> None:
    history = (*HOST.history, History(provider="google", unit="tokens", begin=HOST.taken_at))
    cloud = without("ollama")
    half = [tokens("google", "0", 5_500, account=name) for name in ("one", "two")]
    tight = read(half[0]).model_copy(update={"history": history})
    roomy = read(*half).model_copy(update={"history": history})

    one, two = (
        list(moves(plan_for(known, providers=cloud)).values()).count(FLASH) for known in (tight, roomy)
    )

    assert one < two


def test_a_provider_that_is_down_is_left_for_the_next_best() -> None:
    plan = plan_for(down(HOST, {"google"}), providers=without("ollama"))

    assert moves(plan)
    assert {DEEPSEEK} == set(moves(plan).values())


def test_slots_of_a_provider_whose_login_is_refused_move_away() -> None:
    refused = down(HOST, {"openai"}, "the credential was refused")
    strong = only(*SUBSCRIPTIONS)

    plan = plan_for(refused, providers=strong)

    assert owners_of(moves(plan)[f"job/{name}"] for name in ("Risk report", "Bedtime story")) == {"anthropic"}


def test_a_reading_that_is_unknown_moves_nothing() -> None:
    assert moves(plan_for()) == moves(plan_for(read(reading("google", None), reading("openai", None))))


def test_with_all_providers_down_nothing_moves_and_each_slot_says_so() -> None:
    everyone = owners_of(model.ref for model in HOST.host.models)

    plan = plan_for(down(HOST, everyone))

    assert {} == moves(plan)
    assert plan.summary.stuck >= len([job for job in HOST.host.jobs if not job.declaration_key])
    assert "does not answer" in warned(plan, "job/Code review")


def test_with_everything_pinned_only_the_pins_are_written() -> None:
    rule = f"rules: [{{name: all, match: {{slot: '*'}}, pin: {OPUS}}}, {{name: jobs, match: {{slot: 'job/*'}}, pin: {GPT}}}]"

    plan = plan_for(spec=rule)

    jobs = {address: ref for address, ref in moves(plan).items() if address.startswith("job/")}
    assert {"job/Inbox triage", "job/Weather", "job/Code review"} == set(jobs)
    assert {GPT} == set(jobs.values())


def test_a_job_that_fits_no_model_stays_and_is_warned_of() -> None:
    plan = plan_for(spec="qualityThresholds: {coding: 0.99}")

    assert "job/Code review" not in moves(plan)
    assert "no model that the policy allows would do" in warned(plan, "job/Code review")
    assert moves(plan)["job/Inbox triage"] == LOCAL

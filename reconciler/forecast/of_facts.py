"""What becomes of the quotas of a policy, from recorded facts alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from reconciler.assign.subject import judged
from reconciler.facts.model import HEARTBEAT, Facts, JobFacts
from reconciler.forecast.heartbeats import with_heartbeats
from reconciler.forecast.predict import predict
from reconciler.forecast.prediction import Prediction, WindowForecast
from reconciler.forecast.scheduled import NO_KINDS
from reconciler.forecast.standing import Asked, Standing, standings
from reconciler.policy.model import Policy


def of_facts(
    policy: Policy, facts: Facts, *, only: Collection[str] | None = None, hours: int | None = None
) -> Prediction:
    """Tell what becomes of every window that the facts hold, of *only* these providers.

    *hours* is how far to look, else the policy's `predictionHorizonHours`.
    """
    readings = [each for each in facts.readings if only is None or each.provider in only]
    question = asked(policy, facts.taken_at, hours=hours, zone=facts.host.zone or "UTC")
    jobs = with_heartbeats(facts.host, facts.history)
    return predict(readings, facts.history, jobs, question, kinds=kinds(jobs) if facts.history else NO_KINDS)


def standings_of(policy: Policy, facts: Facts) -> tuple[Standing, ...]:
    """Tell where every window that the facts hold stands."""
    question = asked(policy, facts.taken_at, zone=facts.host.zone or "UTC")
    jobs = with_heartbeats(facts.host, facts.history)
    of_jobs = kinds(jobs) if facts.history else NO_KINDS
    return tuple(standings(facts.readings, facts.history, jobs, question, kinds=of_jobs))


def kinds(jobs: Sequence[JobFacts]) -> dict[str, str]:
    """Return the kind of each job's task, as far as its prompt tells one; heartbeats are a kind of their own."""
    found = {job.id: judged(job.prompt).kind for job in jobs if job.prompt}
    return found | {job.id: HEARTBEAT for job in jobs if job.id.startswith(HEARTBEAT)}


def asked(policy: Policy, now: datetime, *, hours: int | None = None, zone: str = "UTC") -> Asked:
    """Return what the policy wants to know, *hours* ahead or as far as its `predictionHorizonHours`."""
    return Asked(
        now=now,
        horizon_hours=hours or policy.prediction_horizon_hours,
        warning=policy.warning_threshold,
        critical=policy.critical_threshold,
        alerts={name: each.budget.alert_threshold for name, each in policy.providers.items() if each.budget},
        zone=zone,
    )


def warnings(prediction: Prediction) -> Iterator[tuple[WindowForecast, str]]:
    """Yield the windows that want a word, and the word."""
    for each in prediction.windows:
        if each.level == "ok" or each.basis == "unknown":
            if each.level != "ok" and each.used_fraction is not None:
                yield each, f"{each.used_fraction:.0%} used"
            continue
        used = f"{each.used_fraction:.0%} used" if each.used_fraction is not None else "use unknown"
        if each.basis == "exhausted" or each.at_reset is None:
            yield each, used
        else:
            chance = f"{each.chance_by_reset:.0%}"
            yield (
                each,
                f"{used}, {each.at_reset.median:.0%} foretold for the reset; used up before it: {chance}",
            )

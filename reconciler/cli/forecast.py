"""The forecasts of accounts that were just surveyed, for `status`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler.cli.context import live_host, now
from reconciler.cli.quota import open_ledger
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.facts.model import History, JobFacts
    from reconciler.forecast.prediction import WindowForecast
    from reconciler.policy.model import Policy
    from reconciler.quota.account import Account


def forecasts(policy: Policy, accounts: Iterable[Account]) -> tuple[WindowForecast, ...]:
    """Tell what becomes of the windows of *accounts*; nothing where the ledger holds no use."""
    from reconciler.facts.history import histories
    from reconciler.forecast.of_facts import asked, kinds
    from reconciler.forecast.predict import predict
    from reconciler.paths import local_zone
    from reconciler.quota.account import readings

    moment = now()
    found = [reading for account in accounts for reading in readings(account)]
    with open_ledger() as ledger:
        history = histories(ledger, moment)
    if not history or not found:
        return ()
    zone = local_zone(os.environ) or "UTC"
    jobs = _jobs(history)
    question = asked(policy, moment, zone=zone)
    return predict(found, history, jobs, question, kinds=kinds(jobs)).windows


def _jobs(history: Sequence[History]) -> tuple[JobFacts, ...]:
    """Return the host's jobs and heartbeats; without a host nothing is scheduled that we could know of."""
    from reconciler.facts.gather import facts_of
    from reconciler.forecast.heartbeats import with_heartbeats

    try:
        with live_host() as host:
            return with_heartbeats(facts_of(host.read(), now=now()).host, history)
    except ReconcilerError:
        return ()

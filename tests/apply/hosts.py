"""A host with one kind of store for its jobs, and what a test does with it: plan, apply, roll back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.apply.apply import apply_plan
from reconciler.apply.rollback import rollback
from reconciler.apply.run import Run
from reconciler.assign.settings import with_settings
from reconciler.assign.wanted import Decision
from reconciler.facts.gather import gather
from reconciler.facts.model import Facts, Reading
from reconciler.ledger.record import Record
from reconciler.ledger.records import Records
from reconciler.openclaw.live import LiveHost
from reconciler.plan.build import build
from reconciler.plan.make import make_plan, owners_catalog
from reconciler.plan.model import Plan
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Policy
from tests.openclaw.fake_cron import FakeCron, cron_gateway
from tests.openclaw.fake_gateway import EARLY, MODERN, Era
from tests.openclaw.homes import live_host, with_jobs_json
from tests.worlds import policy


NOW = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
STORES = ("jobs.json", EARLY.version, MODERN.version)
CONFIG = "{ meta: { lastTouchedVersion: '2026.3.22' }, agents: { defaults: { model: 'openai/gpt-5.4' } } }\n"


@dataclass
class Applied:
    """A host of a test; *now* may be moved on, *readings* are what is known of quotas."""

    directory: Path
    live: LiveHost
    cron: FakeCron | None
    now: datetime = NOW
    readings: tuple[Reading, ...] = ()
    told: list[str] = field(default_factory=list)

    def facts(self) -> Facts:
        found = gather(self.live, now=self.now).model_copy(update={"readings": self.readings})
        return found.model_copy(update={"host": found.host.model_copy(update={"zone": "UTC"})})

    def plan(self, owner: Policy, decide: Callable[[Decision], Decision] | None = None, **how: Any) -> Plan:
        """Plan; *decide* says what a solver would add to each decision."""
        facts = self.facts()
        if decide is None:
            return make_plan(owner, facts, **how)
        catalog = owners_catalog(owner)
        wanted = with_settings(owner, facts, decide_in_order(owner, facts, catalog), catalog)
        decided = type(wanted)(tuple(map(decide, wanted.decisions)), wanted.verdicts)
        return build(owner, facts, decided, catalog)

    def apply(self, plan: Plan, owner: Policy | None = None) -> Record:
        return apply_plan(plan, owner or policy(), self._run(), self.records, now=self.now)

    def undo(self, done: Record) -> Record:
        return rollback(done, self._run(), now=self.now, zone="UTC")

    @property
    def records(self) -> Records:
        return Records(self.directory / "ours")

    def _run(self) -> Run:
        return Run(self.live, self.records.save, self.told.append)

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job as its store has it."""
        if self.cron:
            return self.cron.jobs[job_id]
        jobs = json.loads((self.directory / "cron" / "jobs.json").read_text())["jobs"]
        return next(job for job in jobs if job["id"] == job_id)


@contextmanager
def applied(directory: Path, store: str, *jobs: dict[str, Any], **trouble: Any) -> Iterator[Applied]:
    """Run a host whose jobs are in `jobs.json`, or behind a gateway of that version."""
    directory.mkdir(exist_ok=True)
    (directory / "openclaw.json").write_text(CONFIG)
    eras: dict[str, Era] = {EARLY.version: EARLY, MODERN.version: MODERN}
    if store == "jobs.json":
        with_jobs_json(directory, *jobs)
        with live_host(directory) as live:
            yield Applied(directory, live, None)
        return
    with (
        cron_gateway(eras[store], *jobs, **trouble) as (gateway, cron),
        live_host(directory, gateway.url) as live,
    ):
        yield Applied(directory, live, cron)

"""The cron jobs of a fake gateway: listed and updated as the two eras do, with the trouble that a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reconciler.openclaw.jobjson import definition_digest, read_job
from reconciler.openclaw.jobs import Job
from tests.openclaw.fake_gateway import JOB_CHANGED, MODERN, Era, FakeGateway, RefusedError, fake_gateway


Update = Callable[[Mapping[str, Any]], None]


@dataclass
class FakeCron:
    """*before* and *after* run around each update and may raise; *drops* are keys that are not kept."""

    era: Era
    jobs: dict[str, dict[str, Any]]
    before: Update = lambda _params: None
    after: Update = lambda _params: None
    drops: frozenset[str] = frozenset()
    updates: list[dict[str, Any]] = field(default_factory=list)

    def list(self, _params: Mapping[str, Any]) -> dict[str, Any]:
        return {"jobs": [self._told(job) for job in self.jobs.values()], "hasMore": False}

    def update(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self.updates.append(dict(params))
        self.before(params)
        job = self.jobs[params["id"]]
        expected = params.get("expectedConfigRevision")
        if expected is not None and expected != definition_digest(job):
            raise RefusedError(JOB_CHANGED)
        patch = params["patch"]
        for key, value in patch.get("payload", {}).items():
            if key in self.drops:
                continue
            if value is None and self.era is MODERN:
                job["payload"].pop(key, None)
            elif value is not None:
                job["payload"][key] = value
        job.update({key: patch[key] for key in ("schedule", "enabled") if key in patch})
        if "state" in patch and "state" not in self.drops:
            job["state"] = {**job.get("state", {}), **patch["state"]}
        self.after(params)
        return self._told(job)

    def read(self, job_id: str) -> Job:
        return read_job(self._told(self.jobs[job_id]))

    def _told(self, job: dict[str, Any]) -> dict[str, Any]:
        return {**job, "configRevision": definition_digest(job)} if self.era is MODERN else job


def cron_job(job_id: str, name: str = "Digest", **payload: Any) -> dict[str, Any]:
    return {
        "id": job_id,
        "name": name,
        "agentId": "main",
        "enabled": True,
        "schedule": {"kind": "cron", "expr": "0 7 * * *"},
        "payload": {"kind": "agentTurn", "message": "Check the inbox and count the mail.", **payload},
    }


@contextmanager
def cron_gateway(era: Era, *jobs: dict[str, Any], **trouble: Any) -> Iterator[tuple[FakeGateway, FakeCron]]:
    cron = FakeCron(era, {job["id"]: job for job in jobs}, **trouble)
    with fake_gateway(era, answers={"cron.list": cron.list, "cron.update": cron.update}) as gateway:
        yield gateway, cron

from __future__ import annotations

from dataclasses import dataclass

from reconciler.facts.model import HostFacts, JobFacts, PromptFacts
from reconciler.openclaw.choices import slots
from reconciler.openclaw.slot import Slot
from reconciler.openclaw.version import capabilities, parse_version
from reconciler.tasks.classify import Task, classify
from reconciler.tasks.signals import Signals


@dataclass(frozen=True, slots=True)
class Subject:
    """A slot with what is known of its prompt; *title* is its name for people."""

    slot: Slot
    title: str
    task: Task | None = None
    prompt: str | None = None
    enabled: bool = True
    payload_kind: str | None = None
    account_owned: bool = False


def subjects(host: HostFacts) -> tuple[Subject, ...]:
    """Return every slot of the host with the task that its prompt asks for."""
    jobs = {job.id: job for job in host.jobs}
    caps = capabilities(parse_version(host.version or ""))
    found = slots(host.config, host.jobs, caps)
    return tuple(_subject(slot, jobs.get(slot.job_id or "")) for slot in found)


def _subject(slot: Slot, job: JobFacts | None) -> Subject:
    if job is None:
        return Subject(slot, slot.address)
    prompt = job.prompt
    return Subject(
        slot,
        job.name,
        task=_task(prompt) if prompt else None,
        prompt=prompt.sha256 if prompt else None,
        enabled=job.enabled,
        payload_kind=job.payload_kind,
        account_owned=job.account_owned,
    )


def _task(prompt: PromptFacts) -> Task:
    return classify(
        Signals(
            sha256=prompt.sha256,
            chars=prompt.chars,
            words=prompt.words,
            leads=prompt.leads,
            shape=prompt.shape,
            addressed=prompt.addressed,
            secret=prompt.secret,
        )
    )

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.facts.model import AgentFacts, AskedFacts, HostFacts, JobFacts, PromptFacts, UsageFacts
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.choices import slots
from reconciler.openclaw.roster import branch, read_roster
from reconciler.openclaw.slot import Slot, SlotKind
from reconciler.openclaw.version import capabilities, parse_version
from reconciler.tasks.asked import task_of
from reconciler.tasks.classify import Task, classify
from reconciler.tasks.signals import Signals


@dataclass(frozen=True, slots=True)
class Subject:
    """A slot with what is known of its work; *title* is its name for people, *thinking* the level it runs at."""

    slot: Slot
    title: str
    task: Task | None = None
    prompt: str | None = None
    enabled: bool = True
    payload_kind: str | None = None
    account_owned: bool = False
    thinking: str | None = None
    usage: UsageFacts | None = None
    secret: bool = False


def subjects(host: HostFacts) -> tuple[Subject, ...]:
    """Return every slot of the host with the task that its prompt asks for."""
    jobs = {job.id: job for job in host.jobs}
    caps = capabilities(parse_version(host.version or ""))
    found = slots(host.config, host.jobs, caps)
    levels = _Levels(host.config)
    agents = {agent.id: agent for agent in host.agents}
    return tuple(
        _job(slot, jobs[slot.job_id], levels.of(slot.agent_id))
        if slot.job_id in jobs
        else _other(slot, agents.get(slot.agent_id or ""), levels.of(slot.agent_id))
        for slot in found
    )


class _Levels:
    """The thinking levels that agents run at where a job names none."""

    def __init__(self, config: JsonObject) -> None:
        self._shared = branch(config, "agents", "defaults").get("thinkingDefault")
        self._own = {agent.id: agent.settings.get("thinkingDefault") for agent in read_roster(config).agents}

    def of(self, agent_id: str | None) -> str | None:
        told = self._own.get(agent_id or "") or self._shared
        return told if isinstance(told, str) else None


def _other(slot: Slot, agent: AgentFacts | None, thinking: str | None) -> Subject:
    """Judge an agent by what it is asked and a heartbeat by its checklist; of other slots nothing is known."""
    found = Subject(slot, slot.address, thinking=thinking)
    if agent is None:
        return found
    if slot.kind is SlotKind.AGENT:
        return replace(found, task=_asked(agent.asked) if agent.asked else None, usage=agent.usage)
    if slot.kind is SlotKind.HEARTBEAT:
        checklist = agent.checklist
        return replace(
            found,
            task=_task(checklist) if checklist else None,
            usage=agent.heartbeat_usage,
            secret=bool(checklist and checklist.secret),
        )
    return found


def _asked(asked: AskedFacts) -> Task | None:
    return task_of(asked.messages, asked.kinds, doubtful=asked.doubtful, pictures=asked.pictures)


def _job(slot: Slot, job: JobFacts, thinking: str | None) -> Subject:
    prompt = job.prompt
    return Subject(
        slot,
        job.name,
        task=_task(prompt) if prompt else None,
        prompt=prompt.sha256 if prompt else None,
        enabled=job.enabled,
        payload_kind=job.payload_kind,
        account_owned=job.account_owned,
        thinking=job.thinking or thinking,
        usage=job.usage,
        secret=bool(prompt and prompt.secret),
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

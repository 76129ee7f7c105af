from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.facts.model import AgentFacts, AskedFacts, HostFacts, JobFacts, PromptFacts, UsageFacts
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.choices import slots
from reconciler.openclaw.roster import branch, read_roster
from reconciler.openclaw.slot import Slot, SlotKind
from reconciler.openclaw.version import capabilities, parse_version
from reconciler.tasks.asked import also, task_of
from reconciler.tasks.classify import Task, classify
from reconciler.tasks.signals import Signals
from reconciler.tasks.weights import Profile


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
    settings = _Settings(host.config)
    agents = {agent.id: agent for agent in host.agents}
    return tuple(
        _job(slot, jobs[slot.job_id], settings)
        if slot.job_id in jobs
        else _other(slot, agents.get(slot.agent_id or ""), settings)
        for slot in found
    )


def judged(prompt: PromptFacts, profile: Profile = "scheduled") -> Task:
    """Return the task that a recorded prompt asks for."""
    return classify(
        Signals(
            sha256=prompt.sha256,
            chars=prompt.chars,
            words=prompt.words,
            leads=prompt.leads,
            shape=prompt.shape,
            addressed=prompt.addressed,
            secret=prompt.secret,
        ),
        profile,
    )


class _Settings:
    """What the configuration says of how agents work: thinking levels where a job names none, sets of tools."""

    def __init__(self, config: JsonObject) -> None:
        self._shared = branch(config, "agents", "defaults").get("thinkingDefault")
        agents = read_roster(config).agents
        self._own = {agent.id: agent.settings.get("thinkingDefault") for agent in agents}
        self._coders = {
            agent.id for agent in agents if branch(agent.settings, "tools").get("profile") == "coding"
        }

    def codes(self, agent_id: str | None) -> bool:
        """Tell whether the agent was given the tools of a programmer."""
        return agent_id in self._coders

    def thinking(self, agent_id: str | None) -> str | None:
        told = self._own.get(agent_id or "") or self._shared
        return told if isinstance(told, str) else None


def _other(slot: Slot, agent: AgentFacts | None, settings: _Settings) -> Subject:
    """Judge an agent by what it is asked and a heartbeat by its checklist; of other slots nothing is known."""
    found = Subject(slot, slot.address, thinking=settings.thinking(slot.agent_id))
    if agent is None:
        return found
    if slot.kind is SlotKind.AGENT:
        return replace(found, task=_asked(agent, codes=settings.codes(agent.id)), usage=agent.usage)
    if slot.kind is SlotKind.HEARTBEAT:
        checklist = agent.checklist
        return replace(
            found,
            task=judged(checklist) if checklist else None,
            usage=agent.heartbeat_usage,
            secret=bool(checklist and checklist.secret),
        )
    return found


def _asked(agent: AgentFacts, *, codes: bool) -> Task | None:
    """Judge an agent by what it is asked; its tools and description can raise what it needs, never lower it."""
    asked = agent.asked or AskedFacts(messages=0)
    task = task_of(asked.messages, asked.kinds, doubtful=asked.doubtful, pictures=asked.pictures)
    if task is None:
        return None
    if codes:
        task = also(task, "coding", "has the tools of a programmer")
    described = judged(agent.description, "interactive") if agent.description else None
    if described and not described.rivals:
        task = also(task, described.kind, f"is described as for {described.kind} work")
    return task


def _job(slot: Slot, job: JobFacts, settings: _Settings) -> Subject:
    prompt = job.prompt
    return Subject(
        slot,
        job.name,
        task=judged(prompt) if prompt else None,
        prompt=prompt.sha256 if prompt else None,
        enabled=job.enabled,
        payload_kind=job.payload_kind,
        account_owned=job.account_owned,
        thinking=job.thinking or settings.thinking(slot.agent_id),
        usage=job.usage,
        secret=bool(prompt and prompt.secret),
    )

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.inherit import DEFAULTS, Inheritance, JobModel
from reconciler.openclaw.jobmodels import AGENT_TURN, OWN, SYSTEM_EVENT, job_effective
from reconciler.openclaw.pointer import escape, tokens
from reconciler.openclaw.roster import Layout, Roster, branch, normal_agent_id, read_roster
from reconciler.openclaw.slot import Choice, Document, Effective, Guard, Place, Shape, Slot, SlotKind
from reconciler.openclaw.version import Capabilities


__all__ = [
    "Choice",
    "Document",
    "Effective",
    "Guard",
    "Place",
    "Shape",
    "Slot",
    "SlotKind",
    "agent_choices",
    "slots",
]

SHARED = "/agents/defaults"
LONGEST_NAME = 100  # in an address; a longer name is told by its job's id


def slots(config: JsonObject, jobs: Sequence[JobModel], caps: Capabilities) -> tuple[Slot, ...]:
    """List every slot of a host: the defaults, the agents in the order of the file, then the jobs in theirs.

    *config* is the resolved configuration. Jobs that call no model (`command`, `script`, the heartbeat's own) have
    no slot. A `systemEvent` has one that nothing can be written to.

    Raises:
        ReconcilerError: the configuration lists its agents in both layouts.
    """
    roster = read_roster(config)
    agents = {agent.id: Inheritance(config, caps, agent) for agent in roster.agents}
    nobody = Inheritance(config, caps)
    written = (
        *_shared_slots(nobody, roster),
        *(slot for host in agents.values() for slot in _agent_slots(host, roster.layout)),
    )
    strict = {slot.address for slot in written if _is_strict(slot.configured)}
    inheriting = [replace(slot, strict=True) if slot.fallbacks_source in strict else slot for slot in written]
    return (*inheriting, *_job_slots(jobs, agents, nobody, roster, strict))


def _is_strict(configured: Json) -> bool:
    return isinstance(configured, Mapping) and configured.get("fallbacks") in ([], ())


def agent_choices(config: JsonObject, caps: Capabilities) -> Mapping[str, Effective]:
    """Give what a turn of each agent runs on, by agent id."""
    agents = read_roster(config).agents
    return {agent.id: Inheritance(config, caps, agent).turn for agent in agents}


def _shared_slots(host: Inheritance, roster: Roster) -> Iterator[Slot]:
    """Yield the defaults; what they hold for heartbeats and sub-agents counts where something is written."""
    config = host.config
    place = _place(config, f"{SHARED}/model", Shape.PAIR)
    agent_id = roster.default_agent if roster.layout is Layout.NONE else None
    yield _slot(DEFAULTS, SlotKind.DEFAULTS, place, host.shared.get("model"), host.turn, agent_id=agent_id)
    for kind, shape, found in (
        (SlotKind.HEARTBEAT, Shape.TEXT, host.heartbeat),
        (SlotKind.SUBAGENTS, _subagents_shape(host.caps), host.subagents),
    ):
        value = branch(host.shared, kind).get("model")
        if value is not None:
            place = _place(config, f"{SHARED}/{kind}/model", shape)
            yield _slot(f"{DEFAULTS}/{kind}", kind, place, value, found, agent_id=agent_id)


def _agent_slots(host: Inheritance, layout: Layout) -> Iterator[Slot]:
    agent = host.agent
    if agent is None:
        return
    guards = (Guard(f"{agent.pointer}/id", agent.written_id),) if layout is Layout.LEGACY else ()
    for suffix, kind, shape, found in (
        ("", SlotKind.AGENT, Shape.PAIR, host.turn),
        ("/heartbeat", SlotKind.HEARTBEAT, Shape.TEXT, host.heartbeat),
        ("/subagents", SlotKind.SUBAGENTS, _subagents_shape(host.caps), host.subagents),
    ):
        value = branch(agent.settings, *suffix.split("/")[1:]).get("model")
        place = _place(host.config, f"{agent.pointer}{suffix}/model", shape, guards)
        yield _slot(
            f"agent/{agent.id}{suffix}",
            kind,
            None if kind is SlotKind.HEARTBEAT and place.missing else place,
            value,
            found,
            agent_id=agent.id,
        )


def _subagents_shape(caps: Capabilities) -> Shape:
    """Early versions give a sub-agent the fallbacks of its agent, whatever stands with its model."""
    return Shape.TEXT if caps.string_model_inherits_fallbacks else Shape.PAIR


def _job_slots(
    jobs: Sequence[JobModel],
    agents: Mapping[str, Inheritance],
    nobody: Inheritance,
    roster: Roster,
    strict: Collection[str],
) -> Iterator[Slot]:
    told = [job for job in jobs if job.payload_kind in {AGENT_TURN, SYSTEM_EVENT}]
    known: dict[tuple[object, ...], Effective] = {}
    for job, address in zip(told, job_addresses(told), strict=True):
        agent_id = job_agent(job, roster)
        says = (agent_id, job.payload_kind, job.model, job.fallbacks)
        if says not in known:
            known[says] = job_effective(agents.get(agent_id or "", nobody), job)
        takes_model = job.payload_kind == AGENT_TURN
        yield _slot(
            address,
            SlotKind.JOB,
            _job_place(job, nobody.caps) if takes_model else None,
            _configured(job) if takes_model else None,
            _at(address, known[says]),
            agent_id=agent_id,
            job=job,
            strict=job.fallbacks == () or known[says].fallbacks_source in strict,
        )


def _at(address: str, found: Effective) -> Effective:
    own, own_fallbacks = found.source == OWN, found.fallbacks_source == OWN
    return Effective(
        found.choice, address if own else found.source, address if own_fallbacks else found.fallbacks_source
    )


def job_agent(job: JobModel, roster: Roster) -> str | None:
    """Name the agent that runs *job*: what the gateway says, what the job says, or who runs what names nobody."""
    named = job.effective_agent_id or job.agent_id
    return normal_agent_id(named) if named else roster.default_agent


def job_addresses(jobs: Iterable[JobModel]) -> list[str]:
    """Give each job an address of its own, by name where that is unambiguous and can be printed, else by id."""
    told = list(jobs)
    count = Counter(name for job in told for name in {job.name, job.id})
    return [f"job/{job.name if _speaks(job.name) and count[job.name] == 1 else job.id}" for job in told]


def _speaks(name: str) -> bool:
    return name.isprintable() and name == name.strip() and 0 < len(name) <= LONGEST_NAME


def _configured(job: JobModel) -> Json:
    found: dict[str, Json] = {}
    if job.model is not None:
        found["model"] = job.model
    if job.fallbacks is not None:
        found["fallbacks"] = list(job.fallbacks)
    return found or None


def _job_place(job: JobModel, caps: Capabilities) -> Place:
    payload = f"/jobs/{escape(job.id)}/payload"
    shape = Shape.SPLIT if caps.job_fallbacks else Shape.TEXT
    return Place(
        Document.JOBS, f"{payload}/model", shape, f"{payload}/fallbacks" if caps.job_fallbacks else None
    )


def _place(config: JsonObject, pointer: str, shape: Shape, guards: tuple[Guard, ...] = ()) -> Place:
    return Place(Document.CONFIG, pointer, shape, None, guards, tuple(_missing(config, pointer)))


def _missing(config: JsonObject, pointer: str) -> Iterator[str]:
    """Yield the objects on the way to *pointer* that are not there, outermost first."""
    node: Json = config
    at = ""
    for step in tokens(pointer)[:-1]:
        at = f"{at}/{escape(step)}"
        if isinstance(node, Mapping):
            node = node.get(step)
        elif isinstance(node, list | tuple):
            node = node[int(step)]
        if node is None:
            yield at


def _slot(
    address: str,
    kind: SlotKind,
    place: Place | None,
    configured: Json,
    found: Effective,
    *,
    agent_id: str | None,
    job: JobModel | None = None,
    strict: bool = False,
) -> Slot:
    return Slot(
        address=address,
        kind=kind,
        place=place,
        configured=configured,
        effective=found.choice,
        source=found.source,
        fallbacks_source=found.fallbacks_source,
        strict=strict,
        agent_id=agent_id,
        job_id=job.id if job else None,
        system_owned=job is not None and job.declaration_key is not None,
    )

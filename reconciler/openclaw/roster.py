from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.pointer import join


IMPLICIT_AGENT = "main"  # who runs where no roster is written

_VALID_ID = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}", re.IGNORECASE)
_FOREIGN = re.compile(r"[^a-z0-9_-]+")


class Layout(StrEnum):
    """How a configuration lists its agents: `agents.entries`, `agents.list`, or not at all."""

    MODERN = "modern"
    LEGACY = "legacy"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent of the roster; *written_id* is its id as the file has it, *id* the one OpenClaw runs it under."""

    id: str
    written_id: str
    pointer: str
    name: str | None = None
    marked_default: bool = False
    settings: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Roster:
    """The agents of a host.

    *default_agent* runs what names no agent; None when the file does not say who that is.
    *problems* are entries that OpenClaw ignores or reads as something else.
    """

    layout: Layout
    agents: tuple[Agent, ...] = ()
    default_agent: str | None = None
    problems: tuple[str, ...] = ()

    def agent(self, agent_id: str) -> Agent | None:
        return next((agent for agent in self.agents if agent.id == agent_id), None)


def read_roster(config: JsonObject) -> Roster:
    """Read who the agents are, in whichever layout the resolved configuration has.

    Raises:
        ReconcilerError: both layouts are there, which every OpenClaw version refuses, or one is no roster at all.
    """
    section = branch(config, "agents")
    layout = _layout(section)
    problems: list[str] = []
    agents: dict[str, Agent] = {}
    for agent in _agents(section, layout, problems):
        if agent.id in agents:
            problems.append(f"{agent.pointer}: another agent already has the id {agent.id!r}")
        else:
            agents[agent.id] = agent
    found = tuple(agents.values())
    return Roster(layout, found, _default_agent(section, layout, found), tuple(problems))


def descriptions(config: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield agent id and how its owner describes it: its name, and the name and theme of its persona."""
    for agent in read_roster(config).agents:
        persona = branch(agent.settings, "identity")
        told = (agent.name, persona.get("name"), persona.get("theme"))
        if text := ". ".join(each for each in told if isinstance(each, str)):
            yield agent.id, text


def normal_agent_id(written: str) -> str:
    """Give the id that OpenClaw uses for *written*, by its own rule: lower case, no foreign characters."""
    text = written.strip().lower()
    if not _VALID_ID.fullmatch(text):
        text = _FOREIGN.sub("-", text).strip("-")[:64]
    return text or IMPLICIT_AGENT


def branch(node: Json, *keys: str) -> JsonObject:
    """Walk down *keys*; where the way ends early, or in something else, answer an empty object."""
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


def _layout(section: JsonObject) -> Layout:
    if "entries" in section and "list" in section:
        raise ReconcilerError(
            "openclaw.json lists its agents twice",
            evidence=("/agents/entries and /agents/list are both there; OpenClaw accepts one of them",),
            hint="remove the one that is left over, or run: openclaw doctor --fix",
        )
    if "entries" in section:
        return _of_type(section, "entries", Layout.MODERN)
    if "list" in section:
        return _of_type(section, "list", Layout.LEGACY)
    return Layout.NONE


def _of_type(section: JsonObject, key: str, layout: Layout) -> Layout:
    wanted = Mapping if layout is Layout.MODERN else list
    if isinstance(section[key], wanted):
        return layout
    raise ReconcilerError(
        "openclaw.json does not list its agents as OpenClaw does",
        evidence=(f"/agents/{key} is of type {type(section[key]).__name__}",),
        hint="run: openclaw config validate",
    )


def _agents(section: JsonObject, layout: Layout, problems: list[str]) -> Iterator[Agent]:
    if layout is Layout.MODERN:
        for key, settings in branch(section, "entries").items():
            yield from _agent(join(("agents", "entries", key)), key, settings, problems)
    elif layout is Layout.LEGACY:
        listed = section["list"]
        for index, settings in enumerate(listed if isinstance(listed, list) else ()):
            written = settings.get("id") if isinstance(settings, Mapping) else None
            yield from _agent(join(("agents", "list", str(index))), written, settings, problems)


def _agent(where: str, written: Json, settings: Json, problems: list[str]) -> Iterator[Agent]:
    if not isinstance(settings, Mapping):
        problems.append(f"{where}: not an object")
    elif not isinstance(written, str) or not written.strip():
        problems.append(f"{where}: an agent without an id")
    else:
        name = settings.get("name")
        normal = normal_agent_id(written)
        if normal != written:
            problems.append(f"{where}: OpenClaw runs {written!r} as {normal!r}")
        marked = settings.get("default") is True
        yield Agent(normal, written, where, name if isinstance(name, str) else None, marked, settings)


def _default_agent(section: JsonObject, layout: Layout, agents: tuple[Agent, ...]) -> str | None:
    """Follow the order of OpenClaw: the marked one, the system agent, the first of a list or the only one."""
    if layout is Layout.NONE:
        return IMPLICIT_AGENT
    ids = [agent.id for agent in agents]
    marked = [agent.id for agent in agents if agent.marked_default]
    system = branch(section, "defaults", "systemAgent").get("agentId")
    if marked:
        return marked[0]
    if isinstance(system, str) and normal_agent_id(system) in ids:
        return normal_agent_id(system)
    alone = len(ids) == 1 or layout is Layout.LEGACY
    return ids[0] if ids and alone else None

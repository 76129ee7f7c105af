"""What is known of the work of jobs and agents beside their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.facts.model import AgentFacts, AskedFacts, PromptFacts, UsageFacts
from reconciler.facts.usage import Who


@dataclass(frozen=True, slots=True)
class Work:
    """What jobs, agents and heartbeats used; by agent what people asked, its description and its heartbeat's checklist."""

    usage: Mapping[Who, UsageFacts] = field(default_factory=dict)
    asked: Mapping[str, AskedFacts] = field(default_factory=dict)
    descriptions: Mapping[str, PromptFacts] = field(default_factory=dict)
    checklists: Mapping[str, PromptFacts] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def agents(self) -> tuple[AgentFacts, ...]:
        """Return every agent of whose work something is known, by id."""
        used = {name for kind, name in self.usage if kind != "job"}
        return tuple(
            AgentFacts(
                id=name,
                asked=self.asked.get(name),
                description=self.descriptions.get(name),
                checklist=self.checklists.get(name),
                usage=self.usage.get(("agent", name)),
                heartbeat_usage=self.usage.get(("heartbeat", name)),
            )
            for name in sorted(used | self.asked.keys() | self.descriptions.keys() | self.checklists.keys())
            if name
        )


NO_WORK = Work()

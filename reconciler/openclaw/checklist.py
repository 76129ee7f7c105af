"""Where an agent's heartbeat finds what to check: HEARTBEAT.md of its workspace, until 2026.8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.bounded import read_bounded
from reconciler.openclaw.home import Home, expand
from reconciler.openclaw.roster import IMPLICIT_AGENT, branch, read_roster


_NAME = "HEARTBEAT.md"
_LARGEST = 100_000  # bytes; OpenClaw itself cuts what it reads at 20,000 characters


def checklists(home: Home, config: JsonObject, problems: list[str]) -> Mapping[str, str]:
    """Return the text of each agent's checklist by agent id: private text, for this process only."""
    found: dict[str, str] = {}
    for agent_id, folder in _workspaces(home, config):
        try:
            text = read_bounded(folder / _NAME, _LARGEST)
        except ReconcilerError as error:
            problems.append(f"the checklist of agent {agent_id} counts for nothing: {error.problem}")
            continue
        if text and text.strip():
            found[agent_id] = text
    return found


def _workspaces(home: Home, config: JsonObject) -> Iterator[tuple[str, Path]]:
    """Yield agent id and workspace: its own, for the default agent the shared one, else one that bears its id."""
    shared = branch(config, "agents", "defaults").get("workspace")
    common = (
        expand(shared, home.user_home) if isinstance(shared, str) and shared else home.state_dir / "workspace"
    )
    roster = read_roster(config)
    if not roster.agents:
        yield IMPLICIT_AGENT, common
    for agent in roster.agents:
        own = agent.settings.get("workspace")
        if isinstance(own, str) and own:
            yield agent.id, expand(own, home.user_home)
        elif agent.id == roster.default_agent:
            yield agent.id, common
        else:
            yield agent.id, home.state_dir / f"workspace-{agent.id}"

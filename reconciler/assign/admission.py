from __future__ import annotations

from reconciler.facts.model import HostFacts
from reconciler.openclaw.allowlist import AllowList, Known, knowledge
from reconciler.openclaw.inherit import Inheritance
from reconciler.openclaw.refs import parse_ref, split_profile
from reconciler.openclaw.roster import read_roster
from reconciler.openclaw.version import capabilities, parse_version


class Admission:
    """What the host itself lets an agent use, and which models it knows."""

    def __init__(self, host: HostFacts) -> None:
        self._host = host
        self._caps = capabilities(parse_version(host.version or ""))
        self._roster = read_roster(host.config)
        self._listed = {model.ref for model in host.models}
        self._lists: dict[str | None, AllowList] = {}

    def allow_list(self, agent_id: str | None) -> AllowList:
        """Return what limits the models of the agent; equal lists are one object, so that slots can share work."""
        if agent_id not in self._lists:
            agent = self._roster.agent(agent_id) if agent_id else None
            found = Inheritance(self._host.config, self._caps, agent).allow_list
            self._lists[agent_id] = next((known for known in self._lists.values() if known == found), found)
        return self._lists[agent_id]

    def refusal(self, ref: str, agent_id: str | None) -> str | None:
        """Tell why the host would not run *ref* for the agent, None where its allow list has it."""
        return refusal(self.allow_list(agent_id), ref)

    def unknown(self, ref: str) -> str | None:
        """Tell why the host cannot be expected to know *ref*, None where it can.

        Only a gateway lists the models that ship with OpenClaw; without one a configured login of
        the provider has to do.
        """
        name, _ = split_profile(ref)
        if name in self._listed:
            return None
        parsed = parse_ref(name, "")
        if parsed is None:
            return f"{ref} is not provider/model"
        found = knowledge(self._host.config, parsed)
        if found.known is Known.LISTED or (found.known is Known.PROVIDER and not self._listed):
            return None
        return found.reason


def refusal(allowed: AllowList, ref: str) -> str | None:
    parsed = parse_ref(split_profile(ref)[0], "")
    verdict = allowed.judge(parsed) if parsed else None
    if verdict is None or verdict.allowed:
        return None
    return f"not in the host's allow list ({verdict.pointer})"

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.allowlist import AllowList, primary_text, read_allow_list
from reconciler.openclaw.refs import (
    EARLY_RULES,
    MODERN_RULES,
    ModelRef,
    RefRules,
    Refs,
    configured_models,
    read_refs,
)
from reconciler.openclaw.roster import Agent, branch
from reconciler.openclaw.slot import Choice, Effective
from reconciler.openclaw.version import Capabilities


DEFAULTS = "defaults"
FIRST_MODEL = "first-model"  # the source of a choice that nobody wrote: the first model of the first provider
BUILT_IN = "built-in"  # the source where OpenClaw's own default applies, which changes with its releases


class JobModel(Protocol):
    """What of a job decides its model; a :class:`Job` has it, and so have the facts of one."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def agent_id(self) -> str | None: ...
    @property
    def effective_agent_id(self) -> str | None: ...
    @property
    def declaration_key(self) -> str | None: ...
    @property
    def payload_kind(self) -> str: ...
    @property
    def model(self) -> str | None: ...
    @property
    def fallbacks(self) -> tuple[str, ...] | None: ...


@dataclass(frozen=True)
class Written:
    """A model value as it stands at *address*; *listed* is whether a list of fallbacks stands with it."""

    address: str
    primary: str | None
    fallbacks: tuple[str, ...] = ()
    listed: bool = False
    text: bool = False

    def own_fallbacks(self, caps: Capabilities) -> tuple[str, ...] | None:
        """Give the fallbacks that this value means, None where it says nothing and those of the defaults apply.

        A model without a list inherits them on early versions and has none on later ones.
        """
        if self.listed:
            return self.fallbacks
        return () if self.primary and not caps.string_model_inherits_fallbacks else None


def read_written(address: str, value: Json) -> Written:
    found = branch(value).get("fallbacks") if isinstance(value, Mapping) else None
    listed = isinstance(found, list | tuple)
    texts = (
        tuple(entry for entry in found if isinstance(entry, str)) if isinstance(found, list | tuple) else ()
    )
    return Written(address, primary_text(value), texts, listed, isinstance(value, str))


def ref_rules(caps: Capabilities) -> RefRules:
    """Choose how bare names are read; only the two ends, 2026.3.22 and 2026.9.6, are known."""
    return EARLY_RULES if caps.string_model_inherits_fallbacks else MODERN_RULES


@dataclass(frozen=True)
class Inheritance:
    """How one agent of a host comes to its models; *agent* is None where no roster is written."""

    config: JsonObject
    caps: Capabilities
    agent: Agent | None = None

    @cached_property
    def refs(self) -> Refs:
        return read_refs(self.config, ref_rules(self.caps), self.agent.settings if self.agent else None)

    @cached_property
    def allow_list(self) -> AllowList:
        return read_allow_list(self.config, self.caps, self.refs, self.agent)

    @cached_property
    def shared(self) -> JsonObject:
        return branch(self.config, "agents", "defaults")

    @cached_property
    def defaults(self) -> Written:
        return read_written(DEFAULTS, self.shared.get("model"))

    @cached_property
    def own(self) -> Written:
        return self._own("", "model")

    @cached_property
    def turn(self) -> Effective:
        """Give what a turn of the agent runs on: its own model, the defaults', or the first model of the host."""
        source = self.own if self.own.primary else self.defaults
        primary, where = self._primary(source)
        texts, fallbacks_source = self.fallback_texts()
        return self._effective(primary, where, texts, fallbacks_source)

    @cached_property
    def heartbeat(self) -> Effective:
        """Give what a heartbeat runs on: a model of its own, with the fallbacks of the agent."""
        agent = self.turn
        for written in (self._own("/heartbeat", "heartbeat", "model"), self._shared("heartbeat")):
            primary = self._resolve(written.primary, near=agent.choice)
            if primary is not None:
                texts, fallbacks_source = self.fallback_texts()
                return self._effective(primary, written.address, texts, fallbacks_source)
        return agent

    @cached_property
    def subagents(self) -> Effective:
        """Give what a spawned sub-agent runs on, unless its caller's model is passed on to it."""
        agent = self.turn
        chosen = next((written for written in self.subagents_written() if written.primary), None)
        primary = self._resolve(chosen.primary, near=agent.choice) if chosen else None
        if chosen is None or primary is None:
            return agent
        for written in () if self.caps.string_model_inherits_fallbacks else self.subagents_written():
            texts = written.own_fallbacks(self.caps)
            if texts is not None:
                return self._effective(primary, chosen.address, texts, written.address)
        return self._effective(primary, chosen.address, *self.fallback_texts())

    def resolve(self, written: str) -> ModelRef | None:
        """Resolve a model of a job of this agent, whose bare names belong to the agent's own provider."""
        return self._resolve(written, near=self.turn.choice)

    def subagents_written(self) -> tuple[Written, Written]:
        """Give what is written for sub-agents: the agent's own, then the shared one."""
        return self._own("/subagents", "subagents", "model"), self._shared("subagents")

    def _own(self, suffix: str, *keys: str) -> Written:
        if self.agent is None:
            return Written(DEFAULTS, None)
        value = branch(self.agent.settings, *keys[:-1]).get(keys[-1])
        return read_written(f"agent/{self.agent.id}{suffix}", value)

    def _shared(self, key: str) -> Written:
        return read_written(f"{DEFAULTS}/{key}", branch(self.shared, key).get("model"))

    def fallback_texts(self) -> tuple[tuple[str, ...], str]:
        """Give the fallbacks of the agent as written, and the address they stand at."""
        own = self.own.own_fallbacks(self.caps)
        return (self.defaults.fallbacks, DEFAULTS) if own is None else (own, self.own.address)

    def _primary(self, source: Written) -> tuple[ModelRef | None, str]:
        written = self._resolve(source.primary)
        if written is not None:
            return written, source.address
        first = first_model(self.config, self.refs)
        return first, FIRST_MODEL if first else BUILT_IN

    def _resolve(self, text: str | None, *, near: Choice | None = None) -> ModelRef | None:
        return self.refs.resolve(text, near=near.primary.provider if near else None) if text else None

    def _effective(
        self, primary: ModelRef | None, source: str, texts: Iterable[str], fallbacks_source: str
    ) -> Effective:
        if primary is None:
            return Effective(None, source, fallbacks_source)
        return Effective(Choice(primary, self.fallback_refs(primary, texts)), source, fallbacks_source)

    def fallback_refs(self, primary: ModelRef, texts: Iterable[str]) -> tuple[ModelRef, ...]:
        """Resolve fallbacks; a bare name among them belongs to the provider of the primary."""
        found = (self.refs.resolve(text, near=primary.provider, infer=False) for text in texts)
        return tuple(ref for ref in found if ref is not None)


def first_model(config: JsonObject, refs: Refs) -> ModelRef | None:
    """Give the model of a host on which nothing is written: the first of the first configured provider.

    Early versions take their built-in default when its provider is configured; later ones leave out the model
    that was set aside for utility work, once the file is migrated.
    """
    spared = None
    if not refs.rules.infers_provider:
        if refs.rules.default_provider in branch(config, "models", "providers"):
            return None
    elif branch(config, "meta", "migrations").get("utilityModelSeparation") is True:
        utility = branch(config, "agents", "defaults").get("utilityModel")
        spared = refs.resolve(utility) if isinstance(utility, str) else None
    for provider, model in configured_models(config):
        ref = ModelRef(provider, model, written=f"{provider}/{model}")
        if ref != spared:
            return ref
    return None

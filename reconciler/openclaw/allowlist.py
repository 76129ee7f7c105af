from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.pointer import join
from reconciler.openclaw.refs import ModelRef, Refs, configured_models, read_refs
from reconciler.openclaw.roster import Agent, branch
from reconciler.openclaw.version import AllowlistKind, Capabilities


MODELS_KEYS = "/agents/defaults/models"
SHARED_POLICY = "/agents/defaults/modelPolicy/allow"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a host may use a model; *pointer* is what decided it, None where nothing limits the models."""

    allowed: bool
    reason: str
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class AllowList:
    """The models that one agent of a host may use; no pointer means any model."""

    pointer: str | None = None
    exact: frozenset[str] = frozenset()
    wildcards: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()

    def judge(self, ref: ModelRef) -> Verdict:
        """Say whether *ref* may be used, by the key that OpenClaw compares: provider and model, case kept."""
        if self.pointer is None:
            return Verdict(allowed=True, reason="the host allows any model")
        if ref.key in self.exact:
            return Verdict(True, f"{ref.key} is listed", self.pointer)
        for pattern in _patterns(ref.key):
            if pattern in self.wildcards:
                return Verdict(True, f"{ref.key} matches {pattern}", self.pointer)
        if ref.key in self.implied:
            return Verdict(True, f"{ref.key} is the configured default or one of its fallbacks", self.pointer)
        return Verdict(False, f"{ref.key} is not in the host's allow list", self.pointer)


def read_allow_list(
    config: JsonObject, caps: Capabilities, refs: Refs, agent: Agent | None = None
) -> AllowList:
    """Read what limits the models of *agent*, or of a host without one.

    *refs* are the names as that agent sees them. On early versions, and in files that were not migrated, the keys
    of `agents.defaults.models` are the list; an empty list and an absent one both allow any model.
    """
    if caps.allowlist is AllowlistKind.MODEL_POLICY:
        policy = _policy(config, agent)
        if policy is not None:
            pointer, entries = policy
            own = agent is not None and pointer != SHARED_POLICY
            return _allow_list(pointer, entries, refs if own else read_refs(config, refs.rules))
        if _migrated(config):
            return AllowList()
        return _allow_list(MODELS_KEYS, _keys(config), refs)
    return _allow_list(MODELS_KEYS, _keys(config), refs, _implied(config, refs, agent))


class Known(StrEnum):
    """What a configuration knows of a model."""

    LISTED = "listed"
    PROVIDER = "provider"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Whether the host knows a model; only the gateway's `models.list` knows the models that ship with it."""

    known: Known
    reason: str
    pointer: str | None = None


def knowledge(config: JsonObject, ref: ModelRef) -> Knowledge:
    """Say what *config* knows of *ref*: the model itself, at least its provider, or neither."""
    providers = branch(config, "models", "providers")
    for name, settings in providers.items():
        if name.strip().lower() != ref.provider:
            continue
        at = join(("models", "providers", name))
        if (ref.provider, ref.model) in configured_models({"models": {"providers": {name: settings}}}):
            return Knowledge(Known.LISTED, f"{ref.key} is configured", f"{at}/models")
        return Knowledge(Known.PROVIDER, f"{ref.provider} is configured without {ref.model}", at)
    if ref.model in {model for key in _keys(config) for model in (key.partition("/")[2],) if _of(key, ref)}:
        return Knowledge(Known.LISTED, f"{ref.key} has settings of its own", MODELS_KEYS)
    login = _login(config, ref.provider)
    if login is not None:
        return Knowledge(Known.PROVIDER, f"there is a login for {ref.provider}", login)
    return Knowledge(Known.UNKNOWN, f"nothing in openclaw.json speaks of {ref.provider}")


def _policy(config: JsonObject, agent: Agent | None) -> tuple[str, tuple[str, ...]] | None:
    own = branch(agent.settings, "modelPolicy") if agent is not None else {}
    shared = branch(config, "agents", "defaults", "modelPolicy")
    if agent is not None and "allow" in own:
        return f"{agent.pointer}/modelPolicy/allow", _texts(own["allow"])
    return (SHARED_POLICY, _texts(shared["allow"])) if "allow" in shared else None


def _migrated(config: JsonObject) -> bool:
    """Say whether the keys of the model map stopped being an allow list in this file."""
    marked = branch(config, "meta", "migrations").get("modelPolicyAllowlist") is True
    return marked or isinstance(branch(config, "agents", "defaults").get("modelPolicy"), Mapping)


def _allow_list(
    pointer: str, entries: Iterable[str], refs: Refs, implied: frozenset[str] = frozenset()
) -> AllowList:
    wildcards = frozenset(entry for entry in map(_wildcard, entries) if entry)
    names = [entry for entry in entries if _wildcard(entry) is None]
    exact = frozenset(ref.key for ref in map(refs.resolve, names) if ref is not None)
    return AllowList(pointer, exact, wildcards, implied) if exact or wildcards or names else AllowList()


def _implied(config: JsonObject, refs: Refs, agent: Agent | None) -> frozenset[str]:
    """Early versions let the configured default and the defaults' fallbacks through (read in 2026.3.22)."""
    shared = branch(config, "agents", "defaults").get("model")
    own = agent.settings.get("model") if agent is not None else None
    primary = primary_text(own) or primary_text(shared)
    names = [*_texts(branch(shared).get("fallbacks")), *([primary] if primary else [])]
    return frozenset(ref.key for ref in map(refs.resolve, names) if ref is not None)


def primary_text(value: Json) -> str | None:
    """Read the model out of either way to write one: a text, or an object with a `primary`."""
    text = branch(value).get("primary") if isinstance(value, Mapping) else value
    return text.strip() or None if isinstance(text, str) else None


def _wildcard(entry: str) -> str | None:
    steps = [step.strip() for step in entry.strip().split("/")]
    if steps[-1] != "*" or len(steps) == 1 or not all(steps):
        return None
    return "/".join((steps[0].lower(), *steps[1:]))


def _patterns(key: str) -> Iterable[str]:
    steps = key.split("/")
    return ("/".join((*steps[:end], "*")) for end in range(1, len(steps)))


def _keys(config: JsonObject) -> tuple[str, ...]:
    return tuple(key for key in branch(config, "agents", "defaults", "models") if key.strip())


def _of(key: str, ref: ModelRef) -> bool:
    return key.partition("/")[0].strip().lower() == ref.provider


def _login(config: JsonObject, provider: str) -> str | None:
    for name, profile in branch(config, "auth", "profiles").items():
        if branch(profile).get("provider") == provider:
            return join(("auth", "profiles", name))
    return None


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list | tuple) else ()

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.roster import branch


# What stays part of the model id after an `@`: a date, a quantization (OpenClaw 2026.9.6, model-ref-profile).
_DATE = re.compile(r"\d{8}(?=@|$)")
_QUANTIZATION = re.compile(r"(?:i?q\d+(?:_[a-z0-9]+)*|\d+bit)(?=@|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model as OpenClaw resolves it; *profile* is the auth profile after `@`, *written* the text it came from.

    Two references are equal when they call the same model with the same login, however they were written.
    """

    provider: str
    model: str
    profile: str | None = None
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        login = f"@{self.profile}" if self.profile else ""
        return f"{self.provider}/{self.model}{login}"

    @property
    def key(self) -> str:
        """`provider/model`, whatever the login."""
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class RefRules:
    """What a version makes of a bare model id: whether it looks for its provider, and which one it assumes."""

    default_provider: str
    infers_provider: bool


EARLY_RULES = RefRules("anthropic", infers_provider=False)  # read in the code of 2026.3.22
MODERN_RULES = RefRules("openai", infers_provider=True)  # measured on 2026.9.6


@dataclass(frozen=True, slots=True)
class Refs:
    """The names that mean a model in one agent's eyes: aliases, and which providers have which model id."""

    rules: RefRules
    aliases: Mapping[str, ModelRef] = field(default_factory=dict)
    providers_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def resolve(self, written: str, *, near: str | None = None, infer: bool = True) -> ModelRef | None:
        """Resolve *written*, or answer None where OpenClaw ignores it (`""`, `"/x"`, `"x/"`).

        A bare id that nothing else explains belongs to the provider *near*, or else to the version's default.
        Fallbacks are resolved with the primary's provider as *near*, and without inferring.
        """
        text = written.strip()
        model, profile = split_profile(text)
        known = self.aliases.get(text.lower()) or self.aliases.get(model.lower())
        if known is None and "/" in model:
            known = self._alias_of_provider(model)
        if known is not None:
            return ModelRef(known.provider, known.model, profile, written)
        provider = self._provider_of(model) if infer and self.rules.infers_provider else None
        parsed = parse_ref(model, provider or near or self.rules.default_provider)
        return parsed and ModelRef(parsed.provider, parsed.model, profile, written)

    def _alias_of_provider(self, model: str) -> ModelRef | None:
        """Read `anthropic/opus`, when the alias `opus` is a model of that provider and no model is called so."""
        provider, _, name = model.partition("/")
        known = self.aliases.get(name.strip().lower())
        if known is None or known.provider != provider.strip().lower():
            return None
        return None if known.provider in self.providers_of.get(name.strip(), ()) else known

    def _provider_of(self, model: str) -> str | None:
        exact = self.providers_of.get(model, frozenset())
        folded = {
            provider
            for name, providers in self.providers_of.items()
            if name.lower() == model.lower()
            for provider in providers
        }
        found = exact or folded
        return next(iter(found)) if len(found) == 1 else None


def read_refs(config: JsonObject, rules: RefRules, agent: JsonObject | None = None) -> Refs:
    """Gather the names of *config*, and those of one agent's settings, which win over the shared ones."""
    shared = branch(config, "agents", "defaults", "models")
    own = branch(agent, "models")
    return Refs(rules, _aliases((shared, own), rules), _providers_of(config, (shared, own)))


def parse_ref(text: str, default_provider: str) -> ModelRef | None:
    """Split at the first `/`; the provider in lower case, the model's case kept."""
    provider, slash, model = text.strip().partition("/")
    if not slash:
        provider, model = default_provider, provider
    provider, model = provider.strip().lower(), model.strip()
    return ModelRef(provider, model, written=text) if provider and model else None


def split_profile(text: str) -> tuple[str, str | None]:
    """Split off the auth profile of `provider/model@profile`."""
    text = text.strip()
    at = text.find("@", text.rfind("/") + 1)
    for inside in (_DATE, _QUANTIZATION):
        if at > 0 and inside.match(text, at + 1):
            at = text.find("@", at + 1)
    model, profile = text[:at].strip(), text[at + 1 :].strip()
    return (model, profile) if at > 0 and model and profile else (text, None)


def _aliases(maps: Iterable[JsonObject], rules: RefRules) -> dict[str, ModelRef]:
    by_model: dict[str, tuple[str, ModelRef]] = {}
    for models in maps:
        for key, settings in models.items():
            ref = parse_ref(key, rules.default_provider)
            if ref is None or key.endswith("/*") or "alias" not in branch(settings):
                continue
            by_model.pop(ref.key, None)  # the later entry of a model decides its alias, and comes later
            by_model[ref.key] = (_text(branch(settings).get("alias")).lower(), ref)
    return {alias: ref for alias, ref in by_model.values() if alias}


def _providers_of(config: JsonObject, maps: Iterable[JsonObject]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key in (key for models in maps for key in models if "/" in key and not key.endswith("/*")):
        ref = parse_ref(key, "")
        if ref is not None:
            found.setdefault(ref.model, set()).add(ref.provider)
    for provider, model in configured_models(config):
        found.setdefault(model, set()).add(provider)
    return {model: frozenset(providers) for model, providers in found.items()}


def configured_models(config: JsonObject) -> list[tuple[str, str]]:
    """List `(provider, model id)` of every model in `models.providers`, in the order of the file."""
    found: list[tuple[str, str]] = []
    for provider, settings in branch(config, "models", "providers").items():
        rows = branch(settings).get("models")
        for row in rows if isinstance(rows, list | tuple) else ():
            model = _text(branch(row).get("id"))
            if model:
                found.append((provider.strip().lower(), model))
    return found


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""

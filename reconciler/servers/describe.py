from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.facts.model import LocalModel, NotOffered
from reconciler.jsontypes import JsonObject
from reconciler.servers.answer import LONGEST_TEXT
from reconciler.servers.factors import quality_factor, speed_factor
from reconciler.servers.names import Format, architecture_not_for_chat, count, not_for_chat, parse_name
from reconciler.servers.quantization import bits_per_weight, from_config, from_phrase
from reconciler.text import printable


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says of one model; *named* is the name to learn the rest from, if it is not the id."""

    id: str
    named: str | None = None
    not_for_chat: str | None = None
    format: Format | None = None
    architecture: str | None = None
    quantization: str | None = None
    config: JsonObject = field(default_factory=dict)
    parameters: int | None = None
    active: int | None = None
    size_bytes: int | None = None
    context: int | None = None
    loaded: bool | None = None


def describe(said: Said) -> LocalModel | NotOffered:
    """Put the server's own facts before those of the files it serves from, and those before the name's."""
    if why := _never(said):
        return NotOffered(id=printable(said.id, at_most=LONGEST_TEXT), why=why)
    name = parse_name(said.named or said.id)
    quantization, source = _quantization(said, name.quantization)
    parameters = said.parameters or count(name.parameters)
    return LocalModel(
        id=said.id,
        format=said.format or name.format,
        family=said.architecture or name.family,
        parameters=parameters,
        active_parameters=said.active or count(name.active),
        size_bytes=said.size_bytes,
        quantization=quantization,
        quantization_source=source,
        bits_per_weight=bits_per_weight(said.size_bytes, parameters),
        quality=quality_factor(quantization),
        speed=speed_factor(quantization),
        context=said.context,
        loaded=said.loaded,
    )


def split(found: Iterable[LocalModel | NotOffered]) -> tuple[tuple[LocalModel, ...], tuple[NotOffered, ...]]:
    """Part the chat models from the others; of several with one id the first counts."""
    kept: dict[str, LocalModel | NotOffered] = {}
    for model in found:
        kept.setdefault(model.id, model)
    models = tuple(model for model in kept.values() if isinstance(model, LocalModel))
    return models, tuple(model for model in kept.values() if isinstance(model, NotOffered))


def _never(said: Said) -> str | None:
    if printable(said.id, at_most=LONGEST_TEXT) != said.id:
        return "its name is too long or holds characters that cannot be shown"
    return (
        said.not_for_chat
        or architecture_not_for_chat(said.architecture)
        or not_for_chat(said.named or said.id)
    )


def _quantization(said: Said, named: str | None) -> tuple[str | None, str | None]:
    if found := from_phrase(said.quantization):
        return found, "server"
    if found := from_config(said.config):
        return found, "config.json"
    return (named, "name") if named else (None, None)

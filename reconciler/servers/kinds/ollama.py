from __future__ import annotations

import re

from reconciler.jsontypes import JsonObject
from reconciler.servers.answer import (
    Answer,
    Dialogue,
    Request,
    get,
    get_all,
    mapping,
    objects,
    text,
    texts,
    whole,
)
from reconciler.servers.describe import Said
from reconciler.servers.names import parse_size
from reconciler.servers.quantization import FILE_TYPES, from_phrase
from reconciler.servers.verdict import Verdict, listed, verdict


KIND = "ollama"
_EVIDENCE = "/api/version, /api/tags with weights on disk"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUM_CTX = re.compile(r"^num_ctx\s+(\d+)\s*$", re.MULTILINE)
_CLOUD = re.compile(r"(.*-)?cloud", re.IGNORECASE)
_SMALLEST = 1_000_000  # bytes; a cloud model's entry takes a few hundred


def might_be(models: Answer) -> bool:
    """Tell whether to ask on; Ollama itself sends no Server header, but a reverse proxy before it may."""
    return listed(models) is not None


def conversation() -> Dialogue[Verdict | None]:
    """Ask what may be an Ollama, or one of the many proxies that speak its language and forward to a cloud.

    `/api/show` is forwarded to the vendor for a cloud model, so it is asked of those alone whose
    weights are surely here.
    """
    version = (yield from get("/api/version")).fine or {}
    if set(version) != {"version"} or not text(version["version"]):
        return None
    tags, running = yield from get_all("/api/tags", "/api/ps")
    document = tags.fine or {}
    if not isinstance(document.get("models"), list):
        return None
    entries = [entry for entry in objects(document["models"]) if _name(entry)]
    here = [entry for entry in entries if elsewhere(entry) is None]
    if not here and any(not is_cloud(entry) for entry in entries):
        return _imitation(entries, text(version["version"]))
    asked = [_name(entry) for entry in here if _no_chat(entry, {}) is None]
    shown = yield tuple(Request("POST", "/api/show", {"model": name}) for name in asked)
    about = {name: answer.fine or {} for name, answer in zip(asked, shown, strict=True)}
    memory = None if running.fine is None else {_name(e): e for e in objects(running.fine.get("models"))}
    return verdict(
        KIND,
        _EVIDENCE,
        [_said(entry, about.get(_name(entry), {}), memory) for entry in entries],
        version=text(version["version"]),
        note=None if entries else "it has no models yet",
    )


def is_cloud(entry: JsonObject) -> bool:
    """Tell a model that Ollama itself runs at its vendor's: by its host, or by its tag."""
    tag = _name(entry).rpartition(":")[2]
    return bool(text(entry.get("remote_host")) or text(entry.get("remote_model")) or _CLOUD.fullmatch(tag))


def elsewhere(entry: JsonObject) -> str | None:
    """Tell why a model of `/api/tags` does not run here, None where its weights surely lie on this server."""
    if is_cloud(entry):
        return f"runs at {text(entry.get('remote_host')) or 'a cloud'}"
    weights = text(mapping(entry.get("details")).get("format"))
    genuine = (
        (whole(entry.get("size")) or 0) >= _SMALLEST
        and isinstance(digest := entry.get("digest"), str)
        and _DIGEST.fullmatch(digest)
        and weights in {"gguf", "safetensors"}
    )
    return None if genuine else "no weights of it lie here: size, digest or format is missing"


def _imitation(entries: list[JsonObject], version: str | None) -> Verdict:
    return verdict(
        "openai-compatible",
        "speaks Ollama's language, and no weights lie behind it",
        [Said(id=_name(entry), not_for_chat=elsewhere(entry)) for entry in entries],
        version=version,
        note="a proxy that imitates Ollama and forwards elsewhere",
        routable=False,
    )


def _said(entry: JsonObject, shown: JsonObject, memory: dict[str, JsonObject] | None) -> Said:
    name, details, facts = _name(entry), mapping(entry.get("details")), mapping(shown.get("model_info"))
    parameters, active = parse_size(text(details.get("parameter_size")))
    running = (memory or {}).get(name, {})
    return Said(
        id=name,
        not_for_chat=elsewhere(entry) or _no_chat(entry, shown),
        architecture=text(details.get("family")),
        quantization=_quantization(details, facts),
        parameters=parameters or whole(facts.get("general.parameter_count")),
        active=active,
        size_bytes=whole(entry.get("size")),
        context=whole(running.get("context_length")) or _configured_context(shown),
        loaded=None if memory is None else name in memory,
    )


def _name(entry: JsonObject) -> str:
    return text(entry.get("model")) or text(entry.get("name")) or ""


def _no_chat(entry: JsonObject, shown: JsonObject) -> str | None:
    capabilities = texts(entry.get("capabilities")) or texts(shown.get("capabilities"))
    if not capabilities or "completion" in capabilities:
        return None
    return f"it can {', '.join(capabilities)}"


def _quantization(details: JsonObject, facts: JsonObject) -> str | None:
    said = text(details.get("quantization_level"))
    if from_phrase(said):
        return said
    file_type = facts.get("general.file_type")
    return FILE_TYPES.get(file_type) if isinstance(file_type, int) else None


def _configured_context(shown: JsonObject) -> int | None:
    """Return what the model is set to; the trained context, often far larger, is not what a request gets."""
    parameters = shown.get("parameters")
    found = _NUM_CTX.search(parameters) if isinstance(parameters, str) else None
    return whole(int(found[1][:12])) if found else None

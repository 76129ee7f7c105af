from __future__ import annotations

from reconciler.jsontypes import JsonObject
from reconciler.servers.answer import Answer, Dialogue, get, get_all, mapping, objects, text, texts
from reconciler.servers.describe import Said
from reconciler.servers.names import parse_size
from reconciler.servers.verdict import UNAVAILABLE, Verdict, identity, listed, verdict


KIND = "localai"
_EVIDENCE = "/.well-known/localai.json lists its endpoints"


def might_be(models: Answer) -> bool:
    entries = listed(models)
    return entries is not None and all(set(entry) == {"id", "object"} for entry in entries)


def conversation(models: Answer) -> Dialogue[Verdict | None]:
    """Ask what may be a LocalAI; its Ollama imitation reads size and quantization from the file's name."""
    about = (yield from get("/.well-known/localai.json")).fine or {}
    if "endpoints" not in about:
        return None
    answers = yield from get_all("/readyz", "/v1/models/capabilities", "/api/ps", "/api/tags")
    ready, able, running, tags = answers
    can = {text(entry.get("id")): entry for entry in objects((able.fine or {}).get("data"))}
    sizes = {
        _untagged(entry): mapping(entry.get("details")) for entry in objects((tags.fine or {}).get("models"))
    }
    memory = running.fine
    loaded = {_untagged(entry) for entry in objects(memory.get("models"))} if memory else None
    return verdict(
        KIND,
        _EVIDENCE,
        [
            _said(name, can.get(name, {}), sizes.get(name, {}), loaded)
            for name in (identity(entry) for entry in listed(models) or ())
        ],
        state="loading" if ready.status == UNAVAILABLE else "ready",
        version=text(about.get("version")),
    )


def behind_a_key() -> Dialogue[Verdict | None]:
    about = (yield from get("/.well-known/localai.json")).fine or {}
    if "endpoints" not in about:
        return None
    return verdict(KIND, f"401, and {_EVIDENCE}", state="needs-key", version=text(about.get("version")))


def _untagged(entry: JsonObject) -> str:
    return str(entry.get("name") or entry.get("model")).removesuffix(":latest")


def _said(name: str, able: JsonObject, details: JsonObject, loaded: set[str] | None) -> Said:
    capabilities = texts(able.get("capabilities"))
    parameters, active = parse_size(text(details.get("parameter_size")))
    return Said(
        id=name,
        not_for_chat=f"it can {', '.join(capabilities)}"
        if capabilities and "chat" not in capabilities
        else None,
        quantization=text(details.get("quantization_level")),
        parameters=parameters,
        active=active,
        loaded=None if loaded is None else name in loaded,
    )

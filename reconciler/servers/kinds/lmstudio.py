from __future__ import annotations

from reconciler.jsontypes import JsonObject
from reconciler.servers.answer import Answer, Dialogue, get, mapping, objects, text, texts, whole
from reconciler.servers.describe import Said
from reconciler.servers.names import Format, parse_size
from reconciler.servers.verdict import UNAUTHORIZED, Verdict, everyone, listed, verdict


KIND = "lmstudio"
_EVIDENCE = 'GET /lmstudio-greeting = {"lmstudio":true}'

_FORMATS: dict[str | None, Format] = {"gguf": "gguf", "mlx": "mlx"}


def might_be(models: Answer) -> bool:
    entries = listed(models)
    owned = everyone(entries, "owned_by") == {"organization_owner"} if entries else False
    return models.headers.get("x-powered-by", "").lower() == "express" or owned


def conversation(models: Answer) -> Dialogue[Verdict | None]:
    """Ask a server that may be LM Studio; each path that it does not know is an error in its owner's log."""
    if models.status == UNAUTHORIZED:
        return _locked(models)
    if listed(models) is None:
        return None
    greeting = (yield from get("/lmstudio-greeting")).fine or {}
    if greeting.get("lmstudio") is not True:
        return None
    newer = yield from get("/api/v1/models")
    if newer.status == UNAUTHORIZED:
        return verdict(KIND, _EVIDENCE, state="needs-key")
    document = newer.fine or {}
    if isinstance(document.get("models"), list):
        entries = [entry for entry in objects(document["models"]) if text(entry.get("key"))]
        return verdict(KIND, _EVIDENCE, [said for entry in entries for said in _said(entry)])
    older = (yield from get("/api/v0/models")).fine or {} if "error" in document else {}
    return _older(models, older)


def _locked(models: Answer) -> Verdict | None:
    error = mapping((models.json or {}).get("error"))
    if "LM Studio" in str(error.get("message")):
        return verdict(KIND, "401 in LM Studio's words", state="needs-key")
    return None


def _said(entry: JsonObject) -> list[Said]:
    """Read an entry of `/api/v1/models`: once where it is not loaded, else once for each loaded instance."""
    key = str(entry["key"])
    parameters, active = parse_size(text(entry.get("params_string")))
    instances = [item for item in objects(entry.get("loaded_instances")) if text(item.get("id"))]

    def said(name: str, *, context: int | None, loaded: bool) -> Said:
        return Said(
            id=name,
            named=text(entry.get("selected_variant")) or next(iter(texts(entry.get("variants"))), key),
            not_for_chat=None if entry.get("type") == "llm" else f"type {text(entry.get('type'))}",
            format=_FORMATS.get(text(entry.get("format"))),
            architecture=text(entry.get("architecture")),
            quantization=text(mapping(entry.get("quantization")).get("name")),
            parameters=parameters,
            active=active,
            size_bytes=whole(entry.get("size_bytes")),
            context=context,
            loaded=loaded,
        )

    running = [
        said(str(item["id"]), context=whole(mapping(item.get("config")).get("context_length")), loaded=True)
        for item in instances
    ]
    return running or [said(key, context=None, loaded=False)]


def _older(models: Answer, document: JsonObject) -> Verdict:
    """Read `/api/v0/models` of LM Studio 0.3, or the plain list where even that is missing."""
    entries = [entry for entry in objects(document.get("data")) if text(entry.get("id"))]
    loading = bool(entries) and any(entry.get("state") == "loading" for entry in entries)
    nothing_else = not any(entry.get("state") == "loaded" for entry in entries)
    return verdict(
        KIND,
        _EVIDENCE,
        [_old_said(entry) for entry in entries]
        or [Said(id=str(entry["id"])) for entry in listed(models) or ()],
        state="loading" if loading and nothing_else else "ready",
    )


def _old_said(entry: JsonObject) -> Said:
    kind = text(entry.get("type"))
    return Said(
        id=str(entry["id"]),
        not_for_chat=None if kind in {"llm", "vlm"} else f"type {kind}",
        format=_FORMATS.get(text(entry.get("compatibility_type"))),
        architecture=text(entry.get("arch")),
        quantization=text(entry.get("quantization")),
        context=whole(entry.get("loaded_context_length")),
        loaded=entry.get("state") == "loaded",
    )

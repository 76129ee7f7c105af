from __future__ import annotations

from reconciler.jsontypes import JsonObject
from reconciler.servers.answer import Answer, Dialogue, get, mapping, objects, text, texts, whole
from reconciler.servers.describe import Said
from reconciler.servers.verdict import UNAUTHORIZED, UNAVAILABLE, Verdict, verdict


KIND = "llama.cpp"
EVIDENCE = "Server: llama.cpp"
_NOT_CHAT_ARGUMENTS = {
    "--embedding": "an embedding model",
    "--embeddings": "an embedding model",
    "--rerank": "a reranker",
    "--reranking": "a reranker",
}


def is_it(models: Answer) -> bool:
    return models.server == "llama.cpp"


def conversation(models: Answer) -> Dialogue[Verdict]:
    """Ask a llama-server; `/slots` and `/props?model=` would wake or load, so nobody asks them."""
    if models.status == UNAUTHORIZED:
        return verdict(KIND, EVIDENCE, state="needs-key")
    if models.status == UNAVAILABLE:
        return verdict(KIND, EVIDENCE, state="loading")
    document = models.fine
    if document is None:
        return verdict(KIND, EVIDENCE, state="broken", note=f"its model list: {models}")
    props = (yield from get("/props")).fine or {}
    entries = objects(document.get("data"))
    asleep = props.get("is_sleeping") is True
    return verdict(
        KIND,
        EVIDENCE,
        [_said(entry, props, asleep=asleep) for entry in entries if text(entry.get("id"))],
        state="asleep" if asleep else "ready",
        version=text(props.get("build_info")),
        note="a router: it loads a model when a request names it" if props.get("role") == "router" else None,
    )


def _said(entry: JsonObject, props: JsonObject, *, asleep: bool) -> Said:
    """Read one entry; `status.args` is a command line that may hold a key, so nothing of it is kept."""
    meta, status = mapping(entry.get("meta")), mapping(entry.get("status"))
    settings = mapping(props.get("default_generation_settings"))
    routed = isinstance(status.get("value"), str)
    alone = {} if routed else props
    return Said(
        id=str(entry["id"]),
        named=text(alone.get("model_path")),
        not_for_chat=_not_for_chat(status),
        format="gguf",
        quantization=text(meta.get("ftype")) or text(alone.get("model_ftype")),
        parameters=whole(meta.get("n_params")),
        size_bytes=whole(meta.get("size")),
        context=whole(meta.get("n_ctx")) or (None if routed else whole(settings.get("n_ctx"))),
        loaded=status.get("value") == "loaded" if routed else not asleep,
    )


def _not_for_chat(status: JsonObject) -> str | None:
    if status.get("failed") is True:
        return "it failed to load"
    arguments = texts(status.get("args"))
    return next((_NOT_CHAT_ARGUMENTS[word] for word in arguments if word in _NOT_CHAT_ARGUMENTS), None)

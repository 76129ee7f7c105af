from __future__ import annotations

from reconciler.jsontypes import Json, JsonObject
from reconciler.servers.answer import Answer, Dialogue, get, get_all, read, text, whole
from reconciler.servers.describe import Said
from reconciler.servers.verdict import (
    NOT_FOUND,
    OK,
    UNAVAILABLE,
    WRONG_METHOD,
    Verdict,
    everyone,
    identity,
    listed,
    verdict,
)


KIND = "vllm"
EVIDENCE = "every model is owned_by vllm"


def is_it(models: Answer) -> bool:
    entries = listed(models)
    return bool(entries) and everyone(entries or [], "owned_by") == {"vllm"}


def conversation(models: Answer) -> Dialogue[Verdict]:
    """Ask a vLLM; GET on the chat path tells 405 where there is chat and 404 where there is none."""
    health, version, chat = yield from get_all("/health", "/version", "/v1/chat/completions")
    pooling = chat.status == NOT_FOUND and health.status in {OK, UNAVAILABLE}
    no_chat = "the server runs without chat" if pooling else None
    said = []
    for entry in listed(models) or ():
        if text(entry.get("parent")):  # an adapter of another entry, not a model of its own
            continue
        root = text(entry.get("root")) or identity(entry)
        config = (yield from read(f"{root}/config.json")) if root.startswith("/") else {}
        said.append(_said(entry, root, no_chat, config))
    return verdict(
        KIND,
        EVIDENCE,
        said,
        state="broken" if health.status == UNAVAILABLE else "ready",
        version=text((version.fine or {}).get("version")),
        note=_note(health, chat),
    )


def _said(entry: dict[str, Json], root: str, no_chat: str | None, config: JsonObject) -> Said:
    return Said(
        id=identity(entry),
        named=root,
        not_for_chat=no_chat,
        config=config,
        context=whole(entry.get("max_model_len")),
        loaded=True,
    )


def _note(health: Answer, chat: Answer) -> str | None:
    if health.status == UNAVAILABLE:
        return "its engine is dead"
    if health.status != OK or chat.status not in {NOT_FOUND, WRONG_METHOD}:
        return f"health: {health}; chat path: {chat}"
    return None


def might_be_behind_a_key(models: Answer) -> bool:
    return (models.json or {}).get("error") == "Unauthorized"


def behind_a_key() -> Dialogue[Verdict | None]:
    """Tell a vLLM by its open `/metrics`, where the model list wants a key."""
    metrics = yield from get("/metrics")
    if metrics.status == OK and any(line.startswith("vllm:") for line in metrics.text.splitlines()):
        return verdict(KIND, "401, and /metrics has lines of vllm:", state="needs-key")
    return None

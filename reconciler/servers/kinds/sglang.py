from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get_all, text, whole
from reconciler.servers.describe import Said
from reconciler.servers.verdict import UNAVAILABLE, Verdict, everyone, identity, listed, verdict


KIND = "sglang"
EVIDENCE = "every model is owned_by sglang"


def is_it(models: Answer) -> bool:
    entries = listed(models)
    return bool(entries) and everyone(entries or [], "owned_by") == {"sglang"}


def conversation(models: Answer) -> Dialogue[Verdict]:
    """Ask an SGLang; its health check takes a second, so no answer within the deadline is no bad sign."""
    info, health = yield from get_all("/get_model_info", "/health")
    about = info.fine or {}
    no_chat = "an embedding model" if about.get("is_generation") is False else None
    return verdict(
        KIND,
        EVIDENCE,
        [
            Said(
                id=identity(entry),
                named=text(about.get("model_path")) or text(entry.get("root")),
                not_for_chat=no_chat,
                context=whole(entry.get("max_model_len")),
                loaded=True,
            )
            for entry in listed(models) or ()
            if not text(entry.get("parent"))
        ],
        state="loading" if health.status == UNAVAILABLE else "ready",
        note="its health check did not answer in time" if health.trouble else None,
    )

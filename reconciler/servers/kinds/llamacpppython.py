from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get, mapping, text
from reconciler.servers.describe import Said
from reconciler.servers.verdict import Verdict, everyone, identity, listed, verdict


KIND = "llama-cpp-python"
EVIDENCE = "every model is owned_by me"


def is_it(models: Answer) -> bool:
    entries = listed(models)
    return bool(entries) and everyone(entries or [], "owned_by") == {"me"}


def conversation(models: Answer) -> Dialogue[Verdict]:
    """Ask a llama-cpp-python server, which tells its version in its API description alone."""
    about = mapping(((yield from get("/openapi.json")).fine or {}).get("info"))
    entries = listed(models) or []
    alone = len(entries) == 1  # of several it keeps the one that was asked last
    return verdict(
        KIND,
        EVIDENCE,
        [Said(id=identity(entry), format="gguf", loaded=True if alone else None) for entry in entries],
        version=text(about.get("version")),
    )

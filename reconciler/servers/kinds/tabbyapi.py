from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get, get_all, mapping, text, whole
from reconciler.servers.describe import Said
from reconciler.servers.verdict import UNAVAILABLE, Verdict, everyone, identity, listed, verdict


KIND = "tabbyapi"
EVIDENCE = "every model is owned_by tabbyAPI"


def is_it(models: Answer) -> bool:
    entries = listed(models)
    return bool(entries) and everyone(entries or [], "owned_by") == {"tabbyAPI"}


def conversation(models: Answer) -> Dialogue[Verdict]:
    """Ask a TabbyAPI: with its admin key the list is the whole folder, `/v1/model` is what is loaded."""
    current, health = yield from get_all("/v1/model", "/health")
    about = current.fine or {}
    context = whole(mapping(about.get("parameters")).get("max_seq_len"))
    loaded = about.get("id")
    said = [
        Said(
            id=identity(entry),
            context=context if entry["id"] == loaded else None,
            loaded=entry["id"] == loaded if about or current.status == UNAVAILABLE else None,
        )
        for entry in listed(models) or ()
    ]
    if health.status == UNAVAILABLE:
        return verdict(KIND, EVIDENCE, said, state="broken", note="its health check reports issues")
    if current.status == UNAVAILABLE:
        return verdict(KIND, EVIDENCE, said, state="loading", note="no model is loaded")
    return verdict(KIND, EVIDENCE, said)


def behind_a_key() -> Dialogue[Verdict | None]:
    """Tell a TabbyAPI, which wants a key by default, by its open service information."""
    software = mapping(((yield from get("/.well-known/serviceinfo")).fine or {}).get("software"))
    if software.get("name") != "TabbyAPI":
        return None
    evidence = "401, and /.well-known/serviceinfo names TabbyAPI"
    return verdict(KIND, evidence, state="needs-key", version=text(software.get("version")))

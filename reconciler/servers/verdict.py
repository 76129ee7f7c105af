from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.facts.model import LocalModel, NotOffered, ServerState
from reconciler.jsontypes import Json
from reconciler.servers.answer import Answer, objects
from reconciler.servers.describe import Said, describe, split


OK, UNAUTHORIZED, NOT_FOUND, WRONG_METHOD, UNAVAILABLE = 200, 401, 404, 405, 503


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a conversation came to: which server it is, by which evidence, and how it does.

    Models of a server that is not *routable* are used only where a policy names its address.
    """

    kind: str
    evidence: str
    state: ServerState = "ready"
    version: str | None = None
    note: str | None = None
    routable: bool = True
    models: tuple[LocalModel, ...] = ()
    not_offered: tuple[NotOffered, ...] = ()


@dataclass(frozen=True, slots=True)
class NoServer:
    """Why an address was not taken for a model server."""

    why: str


def verdict(
    kind: str,
    evidence: str,
    said: Iterable[Said] = (),
    *,
    state: ServerState = "ready",
    version: str | None = None,
    note: str | None = None,
    routable: bool = True,
) -> Verdict:
    models, others = split(describe(model) for model in said)
    return Verdict(kind, evidence, state, version, note, routable, models, others)


def listed(answer: Answer) -> list[dict[str, Json]] | None:
    """Return the entries of an OpenAI-style model list, None where the answer is no such list."""
    document = answer.fine
    if document is None or "data" not in document:
        return None
    data = document["data"]
    if data is not None and not isinstance(data, list):
        return None
    entries = [dict(entry) for entry in objects(data) if isinstance(entry.get("id"), str) and entry["id"]]
    return entries if len(entries) == len(data or ()) else None


def everyone(entries: list[dict[str, Json]], key: str) -> set[Json]:
    """Return the different texts or numbers that the entries have under *key*."""
    return {
        value if isinstance(value, str | int) else None for value in (entry.get(key) for entry in entries)
    }


def identity(entry: dict[str, Json]) -> str:
    return str(entry["id"])

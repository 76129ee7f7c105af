"""text-generation-webui and Jan, whose model lists look alike."""

from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get
from reconciler.servers.describe import Said
from reconciler.servers.verdict import UNAUTHORIZED, Verdict, everyone, identity, listed, verdict


WEBUI, JAN = "text-generation-webui", "jan"
_JAN_WANTS_A_KEY = "Missing authorization header"


def might_be(models: Answer) -> bool:
    entries = listed(models)
    if entries is None:
        return False
    by_user = everyone(entries, "owned_by") <= {"user"}
    return by_user and everyone(entries, "created") <= {0, 1}


def conversation(models: Answer) -> Dialogue[Verdict | None]:
    """Tell the two by the page that only text-generation-webui has; both list what is running alone."""
    entries = listed(models) or []
    said = [Said(id=identity(entry), loaded=True) for entry in entries]
    info = (yield from get("/v1/internal/model/info")).fine
    if info is not None and "loader" in info:
        note = None if said else "no model is loaded"
        return verdict(WEBUI, "/v1/internal/model/info names the loader", said, note=note)
    if not entries:
        return None
    return verdict(JAN, "every model is owned_by user, created 0 or 1", said)


def is_jan_behind_a_key(models: Answer) -> bool:
    return models.status == UNAUTHORIZED and models.text.strip() == _JAN_WANTS_A_KEY


def jan_behind_a_key(_models: Answer) -> Dialogue[Verdict | None]:
    yield from ()
    return verdict(JAN, "401 in Jan's words", state="needs-key")

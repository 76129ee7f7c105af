from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get
from reconciler.servers.describe import Said
from reconciler.servers.verdict import UNAUTHORIZED, Verdict, everyone, identity, listed, verdict


KIND = "litellm"
_NOTE = "a gateway: it forwards to other servers, paid ones too"
_CREATED = 1677610602  # what LiteLLM says of every model


def might_be(models: Answer) -> bool:
    entries = listed(models)
    if models.status == UNAUTHORIZED:
        return isinstance((models.json or {}).get("error"), dict)
    return bool(entries) and everyone(entries or [], "created") == {_CREATED}


def conversation(models: Answer) -> Dialogue[Verdict | None]:
    """Tell a LiteLLM proxy by its liveliness; its `/health` would call every model behind it."""
    alive = yield from get("/health/liveliness")
    if alive.text.strip() != '"I\'m alive!"':
        return None
    said = [Said(id=identity(entry), not_for_chat="runs elsewhere") for entry in listed(models) or ()]
    return verdict(
        KIND,
        "/health/liveliness says I'm alive!",
        said,
        state="needs-key" if models.status == UNAUTHORIZED else "ready",
        note=_NOTE,
        routable=False,
    )

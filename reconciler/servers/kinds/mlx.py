from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get_all, read, text
from reconciler.servers.describe import Said
from reconciler.servers.verdict import NOT_FOUND, OK, UNAVAILABLE, Verdict, identity, listed, verdict


KIND = "mlx-lm"
_EVIDENCE = "HTTP/1.0, bare entries, its own /health and 404"
_MADE_UP = "/tactician-asks-for-nothing"
_KEYS = {"id", "object", "created"}


def might_be(models: Answer) -> bool:
    """Tell whether to ask on; without a cache folder mlx-lm dies after the headers: 200 with an empty body."""
    if models.status != OK or models.http_version != "HTTP/1.0" or not models.server.startswith("BaseHTTP/"):
        return False
    entries = listed(models)
    return not models.body if entries is None else all(set(entry) == _KEYS for entry in entries)


def conversation(models: Answer) -> Dialogue[Verdict | None]:
    """Ask what may be an mlx-lm server, which lists all that it could load and never what is loaded."""
    health, nowhere = yield from get_all("/health", _MADE_UP)
    says = text((health.json or {}).get("status"))
    if says not in {"ok", "unavailable"} or (nowhere.status, nowhere.text) != (NOT_FOUND, "Not Found"):
        return None
    said = []
    for entry in listed(models) or ():
        name = identity(entry)
        config = (yield from read(f"{name}/config.json")) if name.startswith("/") else {}
        said.append(Said(id=name, config=config))
    dead = health.status == UNAVAILABLE or says == "unavailable"
    return verdict(
        KIND,
        _EVIDENCE,
        said,
        state="broken" if dead else "ready",
        note="its model could not be loaded" if dead else None,
    )

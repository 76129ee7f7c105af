from __future__ import annotations

from collections.abc import Mapping

from reconciler.jsontypes import JsonObject
from reconciler.openclaw.gateway import Gateway
from reconciler.openclaw.gateway_errors import RpcError
from reconciler.openclaw.host import KnownModel
from reconciler.openclaw.jobwriter import Patience


_TRIES, _BETWEEN = 20, 0.5
"""A gateway that has just started lists its models a few seconds later than its jobs (2026.9.6)."""


def list_models(gateway: Gateway, patience: Patience) -> tuple[KnownModel, ...]:
    """Ask a gateway for the models that it knows, and wait for one that is still loading them.

    Raises:
        RpcError: it does not tell.
    """
    for _ in range(_TRIES):
        try:
            return _read(gateway.call("models.list"))
        except RpcError as error:
            if error.code != "UNAVAILABLE":
                raise
        patience.pause(_BETWEEN)
    return _read(gateway.call("models.list"))


def _read(answer: JsonObject) -> tuple[KnownModel, ...]:
    listed = answer.get("models")
    found = (_model(row) for row in (listed if isinstance(listed, list) else ()) if isinstance(row, Mapping))
    return tuple(model for model in found if model)


def _model(row: JsonObject) -> KnownModel | None:
    provider, name, window = row.get("provider"), row.get("id"), row.get("contextWindow")
    available, reason = row.get("available"), row.get("unavailableReason")
    if not isinstance(provider, str) or not isinstance(name, str):
        return None
    return KnownModel(
        ref=f"{provider}/{name}",
        context_window=window if isinstance(window, int) else None,
        available=available if isinstance(available, bool) else None,
        reason=f"the host says: {reason}" if isinstance(reason, str) else None,
        passing=row.get("unavailableUntil") is not None,
    )

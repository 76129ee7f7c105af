from __future__ import annotations

from collections.abc import Mapping

from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.gateway import Gateway
from reconciler.openclaw.jobwriter import Patience
from reconciler.text import printable


_TRIES, _BETWEEN = 20, 0.25
"""A changed file was taken over within a second on a quiet machine (2026.9.6), in half of one on earlier ones."""
_SHOWN_AT_MOST = 5


def rejected(gateway: Gateway, patience: Patience) -> tuple[str, ...] | None:
    """Wait until the gateway runs on the file as it is now; return its objections if it finds the file invalid.

    A gateway that does not tell which configuration it runs on (2026.3) is asked once whether the
    file is valid. One that takes longer than a few seconds is not waited for: it keeps the old
    configuration until it has the new one.
    """
    for _ in range(_TRIES):
        answer = gateway.call("config.get")
        if answer.get("valid") is False:
            return tuple(_objection(issue) for issue in _issues(answer))[:_SHOWN_AT_MOST]
        if answer.get("appliedConfigHash") == answer.get("configRevisionHash"):
            return None
        patience.pause(_BETWEEN)
    patience.tell("the gateway has not taken over the new configuration yet")
    return None


def _issues(answer: JsonObject) -> list[Json]:
    issues = answer.get("issues")
    return issues if isinstance(issues, list) else []


def _objection(issue: Json) -> str:
    fields = issue if isinstance(issue, Mapping) else {}
    return printable(f"{fields.get('path')}: {fields.get('message')}")

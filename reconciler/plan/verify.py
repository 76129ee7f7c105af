from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from reconciler.canonical import digest, pretty
from reconciler.documents import json_object
from reconciler.errors import ReconcilerError, StalePlan
from reconciler.jsontypes import Json
from reconciler.plan.model import Plan


_API = "tactician/v1"
_HINT = "make one with: tactician plan --out FILE"
_NOT_BY_HAND = "plans are not edited by hand: change the policy and plan again"


def read_plan(text: str, *, name: str) -> Plan:
    """Read a plan and prove that it is what was written: kind, version, shape, digest, every byte.

    Raises:
        ReconcilerError: the text is no plan, or one of another version.
        StalePlan: it was changed after it was made.
    """
    plain = json_object(text, name=name, hint=_HINT)
    if plain.get("kind") != "Plan":
        raise ReconcilerError(f"{name} is not a plan", hint=_HINT)
    if plain.get("apiVersion") != _API:
        raise ReconcilerError(
            f"{name} is a plan of another version, {str(plain.get('apiVersion'))[:40]!r}",
            hint=f"this tactician reads {_API}: plan again",
        )
    if plain.get("digest") != _digest(plain):
        raise StalePlan(f"{name} was changed after it was made: its digest does not fit", hint=_NOT_BY_HAND)
    if pretty(plain) != text:
        raise StalePlan(
            f"{name} was changed after it was made: it is not laid out as it was written", hint=_NOT_BY_HAND
        )
    try:
        return Plan.model_validate(plain)
    except ValidationError as error:
        raise ReconcilerError(
            f"{name} does not have the shape of a plan: {error.errors()[0]['msg']} "
            f"at {'.'.join(str(step) for step in error.errors()[0]['loc'])}",
            hint="plan again with this version of tactician",
        ) from error


def write_plan(plan: Plan) -> str:
    return pretty(plan.dump())


def _digest(plain: Mapping[str, Json]) -> str | None:
    """Digest all but the digest; None where it cannot be what we wrote."""
    try:
        return digest({key: value for key, value in plain.items() if key != "digest"})
    except (TypeError, RecursionError):
        return None

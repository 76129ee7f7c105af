from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.facts.model import Document
from reconciler.jsontypes import Json
from reconciler.text import printable


_HINT = "name two plans or two facts files"
_PASSING = {"createdAt", "digest", "expiresAt", "factsDigest", "takenAt"}
"""What differs between any two runs without meaning anything."""


_OF_MODELS = {"change-model", "add-fallback", "add-local-provider"}


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return a line for each value that differs; slots and jobs are told by name, not by position.

    Raises:
        ReconcilerError: the documents are not of one kind.
    """
    if old.get("kind") != new.get("kind") or old.get("kind") not in {"Plan", "Facts"}:
        raise ReconcilerError(
            f"cannot compare a {old.get('kind')} with a {new.get('kind')}",
            hint=_HINT,
        )
    from deepdiff import DeepDiff

    found = DeepDiff(_keyed(old), _keyed(new), view="tree", threshold_to_diff_deeper=0)
    return sorted(_line(item) for items in found.values() for item in items)


def shaped(document: Mapping[str, Any], *, name: str) -> dict[str, Any]:
    """Return a plan or facts document whose shape is known to be right.

    Raises:
        ReconcilerError: it is neither, or not of this version's shape.
    """
    from pydantic import ValidationError

    from reconciler.facts.model import Facts
    from reconciler.plan.model import Plan

    shapes: dict[Any, type[Document]] = {"Plan": Plan, "Facts": Facts}
    kind = document.get("kind")
    shape = shapes.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise ReconcilerError(f"{name} is neither a plan nor facts", hint=_HINT)
    try:
        return shape.model_validate(document).dump()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ReconcilerError(
            f"{name} does not have the shape of a {kind}: {first['msg']} at {place}", hint=_HINT
        ) from None


def _keyed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Key lists of slots and jobs by their names, so that a new one does not shift the others."""
    plain = {key: value for key, value in document.items() if key not in _PASSING}
    if plain["kind"] == "Plan":
        plain["changes"] = {_name(item): item for item in plain.get("changes", ())}
        plain["belts"] = {item["name"]: item for item in plain.get("belts", ())}
    else:
        plain["servers"] = {item["url"]: item for item in plain.get("servers", ())}
        host = plain["host"]
        plain["host"] = {
            **host,
            "jobs": {item["id"]: item for item in host.get("jobs", ())},
            "models": {item["ref"]: item for item in host.get("models", ())},
        }
    return plain


def _name(change: Mapping[str, Any]) -> str:
    """Name a change; a slot can have one of its model and others beside it."""
    beside = "" if change["action"] in _OF_MODELS else f" {change['action']}"
    return f"{change['address']}{beside}"


def _line(item: Any) -> str:
    path = printable("/".join(str(step) for step in item.path(output_format="list")))
    report = item.report_type
    if report.endswith("_added"):
        return f"+ {path}: {_shown(item.t2)}"
    if report.endswith("_removed"):
        return f"- {path}: {_shown(item.t1)}"
    return f"~ {path}: {_shown(item.t1)} → {_shown(item.t2)}"


def _shown(value: Json) -> str:
    return printable(json.dumps(value, ensure_ascii=False, sort_keys=True), at_most=80)

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json
from reconciler.text import printable


_PASSING = {"createdAt", "digest", "expiresAt", "factsDigest", "takenAt"}
"""What differs between any two runs without meaning anything."""


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return a line for each value that differs; slots and jobs are told by name, not by position.

    Raises:
        ReconcilerError: the documents are not of one kind.
    """
    if old.get("kind") != new.get("kind") or old.get("kind") not in {"Plan", "Facts"}:
        raise ReconcilerError(
            f"cannot compare a {old.get('kind')} with a {new.get('kind')}",
            hint="name two plans or two facts files",
        )
    from deepdiff import DeepDiff

    found = DeepDiff(_keyed(old), _keyed(new), view="tree", threshold_to_diff_deeper=0)
    return sorted(_line(item) for items in found.values() for item in items)


def _keyed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Key lists of slots and jobs by their names, so that a new one does not shift the others."""
    plain = {key: value for key, value in document.items() if key not in _PASSING}
    if plain["kind"] == "Plan":
        for name, key in (("changes", "address"), ("belts", "name")):
            plain[name] = {item[key]: item for item in plain.get(name, ())}
    else:
        plain["servers"] = {item["url"]: item for item in plain.get("servers", ())}
        host = plain["host"]
        plain["host"] = {
            **host,
            "jobs": {item["id"]: item for item in host.get("jobs", ())},
            "models": {item["ref"]: item for item in host.get("models", ())},
        }
    return plain


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

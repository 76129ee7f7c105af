"""The matching rules: keys that are not listed are not asserted, lists of kinds mean any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from reconciler.quota.shape import Answer


_TOLERANCE = {"used_fraction": 0.011, "amount": 0.005, "limit": 0.005, "used": 0.005}
_SECONDS = 1


def differences(expected: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    """Yield a line for every way in which *answer* is not what was expected."""
    found = answer.model_dump(by_alias=False)
    for key, value in expected.items():
        if key in {"windows", "money"}:
            yield from _rows(key, value, found[key])
        elif isinstance(value, Mapping):
            yield from _object(key, value, found.get(key))
        elif not _any_of(key, value, found.get(key)):
            yield f"{key} is {found.get(key)!r}, not {value!r}"


def _rows(name: str, expected: list[dict[str, Any]], found: tuple[dict[str, Any], ...]) -> Iterator[str]:
    by_id = {row["id"]: row for row in found}
    wanted = {row["id"]: row for row in expected}
    if by_id.keys() != wanted.keys() or len(by_id) != len(found):
        yield f"{name} are {sorted(row['id'] for row in found)}, not {sorted(wanted)}"
    for row_id in wanted.keys() & by_id.keys():
        yield from _object(f"{name}[{row_id}]", wanted[row_id], by_id[row_id])


def _object(name: str, expected: Mapping[str, Any], found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        yield f"{name} is null"
        return
    for key, value in expected.items():
        if not _any_of(key, value, found.get(key)):
            yield f"{name}.{key} is {found.get(key)!r}, not {value!r}"


def _any_of(key: str, expected: Any, found: Any) -> bool:
    if isinstance(expected, list):
        return any(same(key, each, found) for each in expected)
    return same(key, expected, found)


def same(key: str, expected: Any, found: Any) -> bool:
    """Compare with the tolerance of *key*."""
    if isinstance(found, datetime) and isinstance(expected, str):
        return abs((found - datetime.fromisoformat(expected)).total_seconds()) <= _SECONDS
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(
            same(key, expected[each], found[each]) for each in expected
        )
    if isinstance(found, Decimal | int | float) and not isinstance(found, bool):
        numeric = isinstance(expected, int | float) and not isinstance(expected, bool)
        return numeric and abs(float(found) - float(expected)) <= _TOLERANCE.get(key, 0.005)
    return bool(expected == found)

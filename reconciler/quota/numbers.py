from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from reconciler.jsontypes import Json


_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?")
_LARGEST = Decimal(10) ** 24
_PLACES = Decimal("0.000001")


def number(value: Json | Decimal) -> Decimal | None:
    """Read a number or a string that holds one; booleans, NaN, infinities and absurd sizes are not numbers."""
    if isinstance(value, bool) or value is None:
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    if not _NUMBER.fullmatch(text):
        return None
    found = Decimal(text)
    return found if abs(found) <= _LARGEST else None


def whole(value: Json | Decimal) -> int | None:
    """Read a number that has no fraction."""
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def dollars(value: Json) -> Decimal | None:
    """Read an amount such as `$1,036.00`."""
    if isinstance(value, str):
        return number(value.strip().removeprefix("$").replace(",", ""))
    return number(value)


def tidy(value: Decimal) -> Decimal:
    """Round to six places without trailing zeros, so that equal amounts are equal texts."""
    rounded = value.quantize(_PLACES, ROUND_HALF_EVEN).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded


def share(used: Decimal | None, limit: Decimal | None) -> Decimal | None:
    """Return used of limit as a fraction, at least 0 and not capped at 1; None where it cannot be known."""
    if used is None or limit is None or limit <= 0:
        return None
    return max(Decimal(0), tidy(used / limit))


def of_percent(percent: Decimal | None) -> Decimal | None:
    """Return a used percentage as a fraction."""
    return share(percent, Decimal(100))


def of_percent_left(percent: Decimal | None) -> Decimal | None:
    """Return a remaining percentage as the used fraction."""
    return None if percent is None else share(100 - percent, Decimal(100))


def minor(value: Json, places: int) -> Decimal | None:
    """Return an amount given in minor units, such as cents."""
    found = number(value)
    return None if found is None else tidy(found.scaleb(-places))

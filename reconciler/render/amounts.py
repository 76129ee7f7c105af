"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal


_BAR = 12
_NEAR = timedelta(days=300)  # beyond it a date needs its year


def percent(fraction: Decimal) -> str:
    """Write a fraction as a percentage, with a decimal only where it says something."""
    value = fraction * 100
    return f"{value:.0f} %" if value == value.to_integral_value() else f"{value:.1f} %"


def share(fraction: Decimal) -> str:
    """Write a fraction as a whole percentage."""
    return f"{fraction * 100:.0f} %"


def chance(of: Decimal) -> str:
    """Write a probability without the certainty that nobody has."""
    if of < Decimal("0.01"):
        return "< 1 %"
    return "> 99 %" if of > Decimal("0.99") and of < 1 else share(of)


def duration(span: timedelta) -> str:
    """Write a span in its two largest units."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def resets(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "reset unknown"
    if at <= now:
        return f"reset passed at {at:%Y-%m-%d %H:%M} UTC"
    day = f"{at:%a %d %b}" if at - now < _NEAR else f"{at:%Y-%m-%d}"
    return f"resets in {duration(at - now)}, {day} {at:%H:%M} UTC"


def quantity(value: Decimal) -> str:
    """Write an amount with thousands apart and at most two decimals."""
    text = f"{value:,.2f}"
    return text.removesuffix(".00")


def bar(fraction: Decimal) -> str:
    filled = min(_BAR, int(fraction * _BAR + Decimal("0.5")))
    return "█" * filled + "░" * (_BAR - filled)

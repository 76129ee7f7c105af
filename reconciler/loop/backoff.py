"""How long to leave a host in peace that cannot be read or written. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final


FIRST: Final = timedelta(minutes=5)
MOST: Final = timedelta(hours=6)


def retry_at(failures: int, now: datetime) -> datetime:
    """Return when to try again after so many failures in a row: 5 minutes, then twice as long each time, 6 hours at most."""
    doublings = min(
        failures - 1, (MOST // FIRST).bit_length()
    )  # beyond it the longest pause is reached anyway
    return now + min(MOST, FIRST * (1 << doublings))

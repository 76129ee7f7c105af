"""Sessions of a few hours that begin with the first use, and anew with the first use after their end. Pure."""

from __future__ import annotations

from reconciler.forecast.demand import Demand


def chance_of_block(use: Demand | None, *, used: float, limit: float, open_for: float, hours: float) -> float:
    """Return how probable it is that a session is used up within the next *hours*, at most one session's length.

    *used* of *limit* is gone of the open session, which ends in *open_for* hours; 0 where none is open.
    """
    if use is None:
        return 0.0
    open_for = min(open_for, hours)
    present = use.chance(limit - used, open_for) if used < limit else 0.0
    return max(present, use.chance(limit, hours - open_for))

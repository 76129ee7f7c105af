"""Sessions of a few hours that begin with the first use, and anew with the first use after their end. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.forecast.demand import Demand
from reconciler.forecast.window import Known, Outlook, chance, moments, outlook, steps


SESSION: Final = 5
"""Hours that a session lasts."""
NO_SKILL: Final = (0.15, 0.7)
"""Chances that tell no more of a session than how often such sessions are used up; measured, see docs/forecast.md."""


def of_session(
    use: Demand | None, known: Known, *, used: float, limit: float, open_for: float, horizon: float
) -> Outlook:
    """Tell what becomes of the open session, which ends in *open_for* hours, and of the one after it.

    *used* of *limit* is gone of the open one; *open_for* is 0 where none is open, and the next is then taken to
    begin at once. The chance by the horizon, and when, look one session's length ahead at most.
    """
    present = outlook(use, known, used=used, limit=limit, hours=open_for or SESSION, horizon=horizon)
    curve, highest = [], 0.0
    for at in steps(min(horizon, SESSION)):
        gone = chance_of_block(use, known, used=used, limit=limit, open_for=open_for, hours=at)
        highest = max(highest, gone)
        curve.append((at, highest))
    return replace(present, by_horizon=highest, when=moments(curve))


def chance_of_block(
    use: Demand | None, known: Known, *, used: float, limit: float, open_for: float, hours: float
) -> float:
    """Return how probable it is that a session is used up within the next *hours*, at most one session's length.

    *used* of *limit* is gone of the open session, which ends in *open_for* hours; 0 where none is open.
    """
    open_for = min(open_for, hours)

    def after(later: float) -> tuple[float, float]:
        """Return what scheduled runs use from the end of the open session on."""
        (before, narrow), (total, wide) = known(open_for), known(open_for + later)
        return total - before, max(0.0, wide**2 - narrow**2) ** 0.5

    present = chance(use, known, limit - used, open_for) if open_for and used < limit else 0.0
    return max(present, chance(use, after, limit, hours - open_for))

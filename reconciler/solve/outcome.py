from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reconciler.solve.core import Chosen


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best answer, the bound of each level of cost, and what a unit of a window saves of which level."""

    best: Chosen
    bounds: tuple[Fraction, ...]
    proven: bool
    worth: Mapping[int, tuple[Fraction, int]]

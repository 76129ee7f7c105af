"""The search for whole answers by integer programs. Pure but for HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from reconciler.solve import highs, reading
from reconciler.solve.certificate import ONE, Certificate
from reconciler.solve.contested import contested
from reconciler.solve.core import Chosen, Core, Level, total
from reconciler.solve.problem import Effort
from reconciler.solve.program import program


_WHOLE: Final = 0.99
"""Answers are integers: what is better by less than 1 is not there."""


def value(core: Core, level: Level | None, chosen: Chosen) -> Fraction:
    """Return what an answer comes to at a level, or at the overflow where none is given."""
    return Fraction(total(level, chosen)) if level else core.over(chosen)


def lifted(bound: Fraction, level: Level | None) -> Fraction:
    """Return the bound; of a level, whose values are integers, the next one."""
    return Fraction(ceil(bound)) if level else bound


def narrowed(core: Core, certificate: Certificate, reached: Fraction) -> Core:
    """Return the core without what is in no answer that is as good as what was reached."""
    return core.without(certificate.excess, (reached - certificate.bound) * ONE)


@dataclass(slots=True)
class Search:
    """The search for whole answers below the best, which is over once the best is at the bound."""

    core: Core
    level: Level | None
    certificate: Certificate
    effort: Effort
    bound: Fraction
    best: Chosen

    def search(self, parted: Sequence[int], rounded: Chosen) -> None:
        """Look at the contested slots while the others stand as rounded, and at all once these are few enough."""
        if self._near(Fraction()):
            return
        slots, whole = self._contested(parted)
        if not whole and not self._near(self.effort.near):
            self._improve(self.core.only(slots, rounded))
            slots, whole = self._contested(parted)
        if whole:
            self.bound = max(self.bound, self._improve(self.core))

    def _near(self, share: Fraction) -> bool:
        return value(self.core, self.level, self.best) <= self.bound + abs(self.bound) * share

    def _contested(self, parted: Sequence[int]) -> tuple[list[int], bool]:
        reached = value(self.core, self.level, self.best)
        self.core = narrowed(self.core, self.certificate, reached)
        slots = contested(self.core, self.certificate, parted, self.effort.options)
        return slots, len(slots) == len(self.core.open_slots())

    def _improve(self, part: Core) -> Fraction:
        """Take what an integer program finds for a part of the core if it is better; return its bound."""
        wanted = program(part, self.level)
        gap = _WHOLE / (1 << wanted.scale) if self.level else 0.0
        found = highs.integral(wanted, self.best, nodes=self.effort.nodes, gap=gap)
        if not found:
            return Fraction(-1)
        answer = reading.rounded(wanted, found.values, self.best)
        self.best = part.best(self.level, (self.best, answer))
        if found.finished and part.meets(answer):
            return value(part, self.level, answer)
        return lifted(reading.bound(wanted, found), self.level)

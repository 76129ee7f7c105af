"""Level after level of the objective: bound, answer, and what of the core can still be part of a best answer."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reconciler.solve import highs, reading
from reconciler.solve.certificate import Prices, certify
from reconciler.solve.core import Chosen, Core, Level
from reconciler.solve.problem import Effort
from reconciler.solve.program import program
from reconciler.solve.search import Search, lifted, narrowed, value
from reconciler.solve.steer import steered


@dataclass(frozen=True, slots=True)
class Settled:
    """A level that was worked on: the core that is left, the best answer, and what is proven of it.

    The core may not exceed what was reached.
    """

    core: Core
    best: Chosen
    bound: Fraction
    proven: bool
    prices: Prices


def settle(core: Core, level: Level | None, best: Chosen, effort: Effort) -> Settled:
    """Improve on the best known answer at a level, or at the overflow where none is given."""
    certificate = certify(core, level, Prices({}, {}, Fraction()))
    bound = lifted(certificate.bound, level)
    relaxed = program(core, level) if bound < value(core, level, best) else None
    found = highs.relax(relaxed) if relaxed else None
    if relaxed and found:
        certificate = certify(core, level, reading.prices(relaxed, found))
        bound = lifted(certificate.bound, level)
        rounded = reading.rounded(relaxed, found.values, best)
        best = core.best(level, (best, rounded, steered(core, level, certificate, rounded)))
        searched = Search(core, level, certificate, effort, bound, best)
        searched.search(reading.parted(relaxed, found.values), rounded)
        best, bound = searched.best, searched.bound
    reached = value(core, level, best)
    left = narrowed(core, certificate, reached)
    if level:
        left = left.within(level, int(reached))
    return Settled(left, best, bound, bound >= reached, certificate.prices)


def ordered(core: Core, level: Level, best: Chosen, effort: Effort) -> tuple[Chosen, bool]:
    """Return the least answer at a level of which the prices are of no interest, and whether it is proven."""
    nothing = certify(core, level, Prices({}, {}, Fraction()))
    searched = Search(core, level, nothing, effort, nothing.bound, best)
    searched.search((), best)
    return searched.best, searched.bound >= value(core, level, searched.best)

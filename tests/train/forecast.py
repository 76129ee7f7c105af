"""Fit the weights of reconciler/forecast/demand.py again and print them: `python -m tests.train.forecast`.

Every third hour of every account is an origin. The loss is the Brier score of six thresholds around what was used
of late, the continuous ranked probability score of the logarithm of the sum, and a slight pull towards zero. With
`--held-out` each fourth of the accounts is judged by weights fitted to the others: never by row or hour, whose
neighbours are alike.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from reconciler.forecast.demand import DAY, LEAST, traits
from tests.bench.forecast import TRACE, read


Matrix = NDArray[np.float64]
HOURS = (1, 3, 5, 8, 12, 18, 24, 36, 48, 72, 120)
STEP, THINNED, FOLDS = 3, 4, 4
AROUND = np.array([-1.2, -0.6, -0.2, 0.2, 0.6, 1.2])
LEVELS, REGULAR = 5, 7
PARTS = {
    "_AT_A_DAY": LEVELS,
    "_BY_HORIZON": LEVELS,
    "_WIDTH": REGULAR,
    "_WIDTH_BY_HORIZON": 2,
    "_SHIFT": 2,
}
"""The weights in the order in which they are fitted, by their names in the module."""


@dataclass(frozen=True)
class Rows:
    """One row per origin and horizon: logarithms of levels and of what came, both of the mean day."""

    account: Matrix
    scale: Matrix
    came: Matrix
    share: Matrix
    levels: Matrix
    regular: Matrix

    def only(self, chosen: NDArray[np.bool_]) -> Rows:
        return Rows(**{name: values[chosen] for name, values in vars(self).items()})


def rows(traces: Mapping[str, Sequence[float]]) -> Rows:
    """Draw the rows of every account; those of one account begin at another hour than the next one's."""
    found = [(number, *row) for number, use in enumerate(traces.values()) for row in _of_account(use, number)]
    table = np.array(found[::THINNED])
    return Rows(
        account=table[:, 0],
        scale=table[:, 1],
        came=table[:, 2],
        share=table[:, 3],
        levels=table[:, 4 : 4 + LEVELS],
        regular=table[:, 4 + LEVELS :],
    )


def _of_account(use: Sequence[float], number: int) -> Iterator[tuple[float, ...]]:
    sums = list(accumulate(use, initial=0.0))
    for now in range(DAY, len(use)):
        if now % STEP != number % STEP or (learnt := traits(use[:now])) is None:
            continue
        day = sum(learnt.typical)
        levels = [log(level / (DAY * learnt.mean)) for level in learnt.levels]
        for hours in HOURS:
            if now + hours > len(use):
                break
            came = (sums[now + hours] - sums[now]) / (DAY * learnt.mean) + LEAST * hours / DAY
            days, rest = divmod(hours, DAY)
            share = days + sum(learnt.typical[:rest]) / day
            yield (log(hours / DAY), log(came), log(share), *levels, *learnt.regular)


def loss(weights: Matrix, data: Rows) -> float:
    """Return the loss of weights over the rows; lower is better."""
    centre, width = _distribution(weights, data)
    at = (data.share + data.levels[:, 2] * 0.7 + data.levels[:, 3] * 0.3)[:, None] + AROUND
    said = expit((centre[:, None] - at) / width[:, None])
    brier = ((said - (data.came[:, None] >= at)) ** 2).mean()
    far = np.abs(data.came - centre) / width
    ranked = (width * (far + 2 * np.log1p(np.exp(-far)) - 1)).mean()
    return float(2 * brier + 0.3 * ranked + 3e-4 * (weights**2).sum())


def _distribution(weights: Matrix, data: Rows) -> tuple[Matrix, Matrix]:
    at_a_day, by_horizon, width, by, shift = _parts(weights)
    pull = at_a_day + np.outer(data.scale, by_horizon)
    pull = np.exp(pull - pull.max(axis=1, keepdims=True))
    pooled = (pull * np.exp(data.levels / 2)).sum(axis=1) / pull.sum(axis=1)
    centre = 2 * np.log(pooled) + data.share + shift[0] + shift[1] * data.scale
    spread = data.regular @ width + by[0] * data.scale + by[1] * data.scale**2
    return centre, np.exp(np.clip(spread, -3.0, 2.0))


def _parts(weights: Matrix) -> list[Matrix]:
    return np.split(weights, np.cumsum(list(PARTS.values()))[:-1])


def fit(data: Rows) -> Matrix:
    """Return the weights with the least loss, from level weights that are all alike."""
    begin = np.zeros(sum(PARTS.values()))
    begin[2 * LEVELS] = -0.7
    found: Matrix = minimize(loss, begin, args=(data,), method="L-BFGS-B", options={"maxiter": 160}).x
    return found


def main() -> None:
    data = rows(read(TRACE))
    if "--held-out" in sys.argv:
        for fold in range(FOLDS):
            held = data.account % FOLDS == fold
            weights = fit(data.only(~held))
            print(
                f"fold {fold}: fitted {loss(weights, data.only(~held)):.4f}, held out {loss(weights, data.only(held)):.4f}"
            )
    weights = fit(data)
    for name, part in zip(PARTS, _parts(weights), strict=True):
        print(f"{name}: Final = ({', '.join(f'{value:.4f}' for value in part)})")
    print(f"loss {loss(weights, data):.4f}")


if __name__ == "__main__":
    main()

"""Fit the weights: multinomial and linear models with a Gaussian prior, by full-batch gradient descent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


Matrix = NDArray[np.float64]
_ROUNDS = 600


@dataclass(frozen=True)
class Design:
    """Rows of features as a matrix; *names* are its columns."""

    names: tuple[str, ...]
    values: Matrix


def design(rows: Sequence[Mapping[str, int]], names: Sequence[str]) -> Design:
    column = {name: position for position, name in enumerate(names)}
    values = np.zeros((len(rows), len(names)))
    for row, features in enumerate(rows):
        for name, value in features.items():
            if name in column:
                values[row, column[name]] = value
    return Design(tuple(names), values)


def multinomial(x: Matrix, y: Matrix, *, weight: Matrix, prior: Matrix, strength: Matrix) -> Matrix:
    """Return the weights (features by classes) of the greatest posterior.

    *y* holds the wanted probabilities, *weight* counts each row, *prior* is the weights' mean and
    *strength* how firmly each feature is held to it.
    """
    found, momentum = prior.copy(), np.zeros_like(prior)
    bound = 0.5 * np.linalg.norm(x * np.sqrt(weight)[:, None], 2) ** 2 + strength.max()
    ahead = found
    for step in range(1, _ROUNDS + 1):
        slope = x.T @ (weight[:, None] * (softmax(x @ ahead) - y)) + strength[:, None] * (ahead - prior)
        new = ahead - slope / bound
        momentum = new - found
        found = new
        ahead = new + momentum * (step / (step + 3))
    return found


def softmax(scores: Matrix) -> Matrix:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Matrix = raised / raised.sum(axis=1, keepdims=True)
    return shares


def ridge(x: Matrix, y: Matrix, *, weight: Matrix, strength: Matrix) -> Matrix:
    """Return the weights of the least weighted squares; the strength holds each feature to zero."""
    found: Matrix = np.linalg.solve(x.T @ (weight[:, None] * x) + np.diag(strength), x.T @ (weight * y))
    return found

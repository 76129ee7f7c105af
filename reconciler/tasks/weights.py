from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal


Profile = Literal["scheduled", "interactive"]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature adds, in thousandths: to each kind in the order of KINDS, and to the difficulty."""

    kinds: Mapping[str, tuple[int, int, int, int]]
    difficulty: Mapping[str, int]
    low_below: int
    high_from: int


@cache
def weights(profile: Profile) -> Weights:
    """Return the weights that the package brings for a profile; `make train` writes them."""
    text = resources.files(__package__).joinpath("data/weights.json").read_text("utf-8")
    return read(json.loads(text)[profile])


def read(document: Mapping[str, Mapping[str, object]]) -> Weights:
    """Make weights of one profile's part of the file."""
    kinds, difficulty, levels = document["kinds"], document["difficulty"], document["levels"]
    low_below, high_from = levels["lowBelow"], levels["highFrom"]
    assert isinstance(low_below, int)
    assert isinstance(high_from, int)
    return Weights(
        kinds={name: _four(values) for name, values in kinds.items()},
        difficulty={name: value for name, value in difficulty.items() if isinstance(value, int)},
        low_below=low_below,
        high_from=high_from,
    )


def _four(values: object) -> tuple[int, int, int, int]:
    assert isinstance(values, list)
    coding, reasoning, creative, simple = values
    return coding, reasoning, creative, simple

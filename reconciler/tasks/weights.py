from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal


Profile = Literal["scheduled", "interactive"]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature adds, in thousandths: to each kind in the order of KINDS, and to the difficulty.

    *grams* holds the same for each bucket of `reconciler.tasks.grams`, or nothing where wording does not count.
    """

    kinds: Mapping[str, tuple[int, int, int, int]]
    difficulty: Mapping[str, int]
    low_below: int
    high_from: int
    grams: tuple[tuple[int, int, int, int], ...] = ()


@cache
def weights(profile: Profile) -> Weights:
    """Return the weights that the package brings for a profile; `make train` writes them."""
    data = resources.files(__package__).joinpath("data")
    document = json.loads(data.joinpath("weights.json").read_text("utf-8"))[profile]
    grams = () if profile == "scheduled" else json.loads(data.joinpath("grams.json").read_text("utf-8"))
    return read(document, grams)


def read(document: Mapping[str, Mapping[str, object]], grams: Sequence[Sequence[int]] = ()) -> Weights:
    """Make weights of one profile's part of the file, and of the table of buckets."""
    kinds, difficulty, levels = document["kinds"], document["difficulty"], document["levels"]
    low_below, high_from = levels["lowBelow"], levels["highFrom"]
    assert isinstance(low_below, int)
    assert isinstance(high_from, int)
    return Weights(
        kinds={name: _four(values) for name, values in kinds.items()},
        difficulty={name: value for name, value in difficulty.items() if isinstance(value, int)},
        low_below=low_below,
        high_from=high_from,
        grams=tuple((coding, reasoning, creative, simple) for coding, reasoning, creative, simple in grams),
    )


def _four(values: object) -> tuple[int, int, int, int]:
    assert isinstance(values, list)
    coding, reasoning, creative, simple = values
    return coding, reasoning, creative, simple

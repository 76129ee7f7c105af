"""How the weights of a profile are made from labelled prompts; the numbers were chosen by cross-validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reconciler.kinds import KINDS
from reconciler.tasks.features import features
from reconciler.tasks.grams import BUCKETS, grams
from reconciler.tasks.signals import signals_of
from reconciler.tasks.weights import Profile
from tests.labels import Labelled
from tests.train.fit import Matrix, design, multinomial, ridge


SPEAKS_FOR: Mapping[str, str] = {
    **dict.fromkeys(("fix", "code"), "coding"),
    **dict.fromkeys(
        ("analyze", "compare", "decide", "strategy", "research", "learn", "review", "explain", "math"),
        "reasoning",
    ),
    **dict.fromkeys(("write", "genre"), "creative"),
    **dict.fromkeys(
        (
            "run", "relay", "remind", "send", "check", "fetch", "script", "daily", "summary", "format",
            "condition", "translate", "passage", "classify", "howto",
        ),
        "simple",
    ),
}  # fmt: skip
"""What we expect of a concept before any prompt is seen."""
_LEVELS = ("low", "medium", "high")
_SHARE_OF_THE_OTHER = 0.3
_BY_HEART = ("fix",)


@dataclass(frozen=True)
class Settings:
    """How firmly weights are held to what we expect, by the kind of feature, and what each row counts.

    *grams* is how much the wording may count beside the named features; at 0 it is left out.
    """

    expected: float
    expected_to_fix: float
    always: float
    concept: float
    word: float
    lead: float
    shape: float
    foreign_row: float
    grams: float
    difficulty: float
    foreign_difficulty: float
    low_below: int
    high_from: int


SETTINGS: Mapping[Profile, Settings] = {
    "scheduled": Settings(0.7, 3, 3, 1, 10, 5, 20, 0, 0, 10, 0.03, 600, 1450),
    "interactive": Settings(0.7, 0.7, 0.01, 3, 2, 1, 1, 1, 3.5, 3, 1, 600, 1450),
}


@dataclass(frozen=True)
class Row:
    """A labelled prompt with its features, which are read once."""

    label: Labelled
    features: Mapping[str, int]
    grams: Mapping[int, float]


def rows_of(labels: Sequence[Labelled]) -> list[Row]:
    return [Row(label, features(signals_of(label.prompt)), grams(label.prompt)) for label in labels]


def train(
    rows: Sequence[Row], profile: Profile, using: Settings | None = None
) -> tuple[dict[str, object], list[list[int]]]:
    """Return a profile's part of the weights file and its table of buckets, in thousandths."""
    using = using or SETTINGS[profile]
    seen = Counter(name for row in rows for name in row.features)
    names = sorted(name for name, count in seen.items() if count > 1 or not name.startswith("word "))
    table = design([row.features for row in rows], names)
    native = np.array([row.label.scheduled == (profile == "scheduled") for row in rows])
    worded = _worded(rows, using)
    buckets = worded.shape[1]
    fitted = multinomial(
        np.hstack([table.values, worded]),
        _kinds(rows),
        weight=np.where(native, 1.0, using.foreign_row),
        prior=np.vstack([_expected(names, using), np.zeros((buckets, len(KINDS)))]),
        strength=np.concatenate([_strength(names, using), np.ones(buckets)]),
    )
    kinds, by_bucket = fitted[: len(names)], fitted[len(names) :]
    levels = ridge(
        table.values,
        np.array([float(_LEVELS.index(row.label.difficulty)) for row in rows]),
        weight=np.where(native, 1.0, using.foreign_difficulty),
        strength=np.array([0.01 if name == "always" else using.difficulty for name in names]),
    )
    document: dict[str, object] = {
        "kinds": {
            name: _thousandths(row) for name, row in zip(names, kinds, strict=True) if any(_thousandths(row))
        },
        "difficulty": {
            name: number for name, value in zip(names, levels, strict=True) if (number := round(value * 1000))
        },
        "levels": {"lowBelow": using.low_below, "highFrom": using.high_from},
    }
    return document, [_thousandths(row * using.grams) for row in by_bucket]


def _worded(rows: Sequence[Row], using: Settings) -> Matrix:
    values = np.zeros((len(rows), BUCKETS if using.grams else 0))
    if using.grams:
        for row, known in enumerate(rows):
            for bucket, share in known.grams.items():
                values[row, bucket] = share * using.grams
    return values


def _thousandths(values: Matrix) -> list[int]:
    return [round(float(value) * 100) * 10 for value in values]


def _kinds(rows: Sequence[Row]) -> Matrix:
    wanted = np.zeros((len(rows), len(KINDS)))
    names: tuple[str, ...] = KINDS
    for position, row in enumerate(rows):
        wanted[position, names.index(row.label.kind)] = 1
        if row.label.other:
            wanted[position] *= 1 - _SHARE_OF_THE_OTHER
            wanted[position, names.index(row.label.other)] = _SHARE_OF_THE_OTHER
    return wanted


def _expected(names: Sequence[str], using: Settings) -> Matrix:
    prior = np.zeros((len(names), len(KINDS)))
    kinds: tuple[str, ...] = KINDS
    for position, name in enumerate(names):
        for prefix, share in (("concept ", 1.0), ("begins with ", 0.5)):
            concept = name.removeprefix(prefix)
            if concept != name and concept in SPEAKS_FOR:
                size = using.expected_to_fix if concept in _BY_HEART else using.expected
                prior[position, kinds.index(SPEAKS_FOR[concept])] = size * share
    return prior


def _strength(names: Sequence[str], using: Settings) -> Matrix:
    held = {"word": using.word, "concept": using.concept, "begins": using.lead, "soon": using.lead}
    held["always"] = using.always
    return np.array([held.get(name.split(" ")[0], using.shape) for name in names])

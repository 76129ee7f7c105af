from __future__ import annotations

import json
from importlib import resources

import pytest

from reconciler.kinds import KINDS
from reconciler.tasks.classify import classify
from reconciler.tasks.lexicon import lexicon
from reconciler.tasks.signals import signals_of
from reconciler.tasks.weights import Profile, weights
from tests.eval.score import Judged, accuracy, high_called_low, lenient, macro_f1, rank_correlation
from tests.labels import Labelled, read_labels


def judged(
    kind: str, given: str, *, difficulty: str = "low", level: str = "low", hardness: int = 0
) -> Judged:
    label = Labelled("1", "set", "owner", "en", kind, "simple", difficulty, "")
    return Judged(label, given, level, hardness)


@pytest.mark.parametrize("profile", ["scheduled", "interactive"])
def test_every_concept_that_is_weighed_is_in_the_lexicon(profile: Profile) -> None:
    concepts = {concept for found in lexicon().concepts.values() for concept in found}
    weighed = {
        name.removeprefix("concept ") for name in weights(profile).kinds if name.startswith("concept ")
    }

    assert weighed
    assert weighed <= concepts


def test_no_word_of_the_data_is_there_but_those_of_the_lexicon() -> None:
    text = resources.files("reconciler.tasks").joinpath("data/weights.json").read_text("utf-8")
    names = {name for part in json.loads(text).values() for name in part["kinds"] if name.startswith("word ")}

    assert {name.removeprefix("word ") for name in names} <= set(lexicon().concepts)


def test_the_shipped_weights_know_the_labelled_jobs() -> None:
    jobs = [label for label in read_labels() if label.scheduled]
    right = [label for label in jobs if classify(signals_of(label.prompt)).kind == label.kind]

    assert len(right) >= 0.85 * len(jobs)
    assert {label.kind for label in right} == set(KINDS)


def test_the_figures_are_what_their_names_say() -> None:
    some = [
        judged("coding", "coding", difficulty="high", level="low", hardness=1),
        judged("reasoning", "simple", difficulty="high", level="high", hardness=5),
        judged("reasoning", "coding", difficulty="low", level="low", hardness=0),
        judged("reasoning", "reasoning", difficulty="medium", level="low", hardness=0),
    ]

    assert 0.5 == accuracy(some)
    assert 0.75 == lenient(some)
    assert pytest.approx((2 / 3 + 1 / 2) / 2) == macro_f1(some)
    assert 0.5 == high_called_low(some)
    assert 0.5 < rank_correlation(some) < 1

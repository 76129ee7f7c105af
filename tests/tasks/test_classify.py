from __future__ import annotations

import pytest

from reconciler.tasks.classify import Task, classify
from reconciler.tasks.signals import Signals, signals_of
from tests.worlds import CODING, CREATIVE, REASONING, SIMPLE


def task_of(text: str) -> Task:
    return classify(signals_of(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [(CODING, "coding"), (REASONING, "reasoning"), (CREATIVE, "creative"), (SIMPLE, "simple")],
)
def test_the_kind_with_the_most_words_wins(text: str, kind: str) -> None:
    assert kind == task_of(text).kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("code review", "coding"),
        ("review the poem", "reasoning"),
        ("list a poem", "creative"),
        ("commit, plan, poem, list", "coding"),
    ],
)
def test_on_a_tie_the_more_demanding_kind_wins(text: str, kind: str) -> None:
    assert kind == task_of(text).kind


def test_shouting_one_word_does_not_outweigh_several() -> None:
    shouted = "check " * 50 + "analyze evaluate compare recommend"

    assert "reasoning" == task_of(shouted).kind


def test_three_times_the_same_word_still_counts_three() -> None:
    assert "simple" == task_of("check check check analyze compare").kind


def test_without_any_word_the_prompt_is_taken_for_reasoning() -> None:
    task = task_of("Guten Morgen")

    assert "reasoning" == task.kind
    assert ("no keyword decides, so taken for reasoning",) == task.evidence


def test_the_evidence_names_the_words_that_decided_most_frequent_first() -> None:
    task = task_of("Check the status, check the weather and write it down.")

    assert ("check x2", "status", "weather") == task.evidence


def test_a_word_that_is_not_ours_decides_nothing() -> None:
    invented = Signals("sha256:0", 10, {"sudo": 99, "list": 1})

    assert Task("simple", ("list",), 3) == classify(invented)

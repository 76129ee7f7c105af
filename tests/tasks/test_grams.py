from __future__ import annotations

import pytest

from reconciler.tasks.classify import judge, judge_text
from reconciler.tasks.grams import BUCKETS, grams, wording
from reconciler.tasks.signals import signals_of
from reconciler.tasks.weights import weights


def test_a_text_is_reduced_to_shares_of_length_one() -> None:
    found = grams("Compose a limerick about two foxes.")

    assert set(found) <= set(range(BUCKETS))
    assert 1 == pytest.approx(sum(share * share for share in found.values()))


def test_a_word_that_is_said_again_adds_nothing() -> None:
    assert grams("compose verses") == grams("compose verses " * 50) == grams("VERSES, compose!")


@pytest.mark.parametrize("text", ["", "🙂🙂🙂", "12 + 3", "\ud800"])
def test_a_text_without_words_has_no_wording(text: str) -> None:
    assert {} == grams(text)
    assert (0, 0, 0, 0) == wording({}, weights("interactive").grams)


def test_the_wording_counts_for_interactive_prompts_and_not_for_scheduled_jobs() -> None:
    text = "Calculate the area of a trapezoid with bases of five and nine."

    assert BUCKETS == len(weights("interactive").grams)
    assert () == weights("scheduled").grams
    assert judge_text(text, weights("scheduled")) == judge(signals_of(text), weights("scheduled"))
    assert judge_text(text, weights("interactive")) != judge(signals_of(text), weights("interactive"))


def test_the_wording_stands_in_the_evidence_with_its_weight() -> None:
    told = judge(signals_of("list"), weights("interactive"), (0, 0, 0, 9000))

    assert "simple" == told.kind
    assert "wording +9.00" == told.evidence[0]


@pytest.mark.parametrize("unit", ["a", "字", "a ", "ä-"])
def test_a_megabyte_is_not_read_to_its_end(unit: str) -> None:
    assert grams(unit * 1_000_000) == grams(unit * 4_000)

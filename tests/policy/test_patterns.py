from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.policy.patterns import covers, matches, overlap


PATTERNS = st.text(alphabet="ab*", max_size=6)
TEXTS = st.text(alphabet="ab", max_size=6)


@given(pattern=PATTERNS, text=TEXTS)
def test_a_star_stands_for_any_run(pattern: str, text: str) -> None:
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))

    assert bool(re.fullmatch(expression, text)) == matches(pattern, text)


def test_brackets_and_question_marks_stand_for_themselves() -> None:
    assert matches("[urgent] mail?*", "[urgent] mail? now")
    assert not matches("[urgent]", "u")
    assert not matches("mail?", "mails")


def test_a_pattern_full_of_stars_is_quick() -> None:
    assert not matches("*a" * 400 + "b", "a" * 900)


@given(one=PATTERNS, other=PATTERNS, text=TEXTS)
def test_patterns_that_match_the_same_text_overlap(one: str, other: str, text: str) -> None:
    if matches(one, text) and matches(other, text):
        assert overlap(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("job/*", "agent/*"), ("a*", "b*"), ("*a", "*b"), ("defaults", "job/*"), ("", "a")]
)
def test_patterns_without_a_common_text_do_not_overlap(one: str, other: str) -> None:
    assert not overlap(one, other)
    assert not overlap(other, one)


@given(general=PATTERNS, special=PATTERNS, text=TEXTS)
def test_a_pattern_matches_all_that_a_covered_one_matches(general: str, special: str, text: str) -> None:
    if covers(general, special) and matches(special, text):
        assert matches(general, text)

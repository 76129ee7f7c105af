from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.text import printable


@given(st.text(max_size=300))
def test_nothing_that_moves_the_cursor_or_the_reading_direction_is_left(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    assert len(shown) <= 120


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, ümläuts and 日本", "plain words, ümläuts and 日本"),
        ("red \x1b[31m", "red \\x1b[31m"),
        ("two\nlines\ttab", "two\\nlines\\ttab"),
        ("\u202eevil", "\\u202eevil"),
        ("no\u00a0break", "no\\xa0break"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_escape(text: str, shown: str) -> None:
    assert shown == printable(text)


def test_a_long_text_is_cut_with_a_mark() -> None:
    assert "aaaa…" == printable("a" * 9, at_most=5)
    assert "aaaaa" == printable("a" * 5, at_most=5)

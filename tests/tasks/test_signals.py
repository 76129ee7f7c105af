from __future__ import annotations

import hashlib
from dataclasses import asdict

import pytest

from reconciler.tasks.signals import kind_of, signals_of


def test_nothing_of_the_text_is_kept_but_words_of_our_own_list() -> None:
    signals = signals_of("Send the password hunter2 to carol@example.org, then check it.")

    assert {"send": 1, "check": 1} == signals.words
    assert "hunter2" not in str(asdict(signals))
    assert "carol" not in str(asdict(signals))


def test_the_hash_is_that_of_the_whole_text() -> None:
    text = "Fetch it. " * 20_000

    assert "sha256:" + hashlib.sha256(text.encode()).hexdigest() == signals_of(text).sha256
    assert 200_000 == signals_of(text).chars


def test_of_a_very_long_prompt_only_the_beginning_is_searched() -> None:
    assert {} == signals_of("." * 100_000 + " deploy").words


def test_a_text_that_is_no_unicode_has_a_hash_too() -> None:
    assert {"list": 1} == signals_of("list \ud800").words


def test_words_are_found_in_any_case_and_only_whole() -> None:
    assert {"pull request": 1, "fix": 1} == signals_of("PULL REQUEST: Fix prefixes and suffixes").words


def test_of_two_words_that_begin_alike_the_longer_one_counts() -> None:
    assert {"reminder": 1} == signals_of("reminder").words


@pytest.mark.parametrize(("text", "fences"), [("```\ncode\n```", 1), ("``` only one", None)])
def test_a_pair_of_code_fences_speaks_for_coding(text: str, fences: int | None) -> None:
    assert fences == signals_of(text).words.get("```")
    assert "coding" == kind_of("```")


def test_four_characters_are_a_token() -> None:
    assert 0 == signals_of("").tokens
    assert 1 == signals_of("a").tokens
    assert 2 == signals_of("12345").tokens

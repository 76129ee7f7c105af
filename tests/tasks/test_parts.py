from __future__ import annotations

import pytest

from reconciler.tasks.classify import classify
from reconciler.tasks.parts import parts_of


def steps(text: str) -> list[str]:
    return [text[part.begin : part.end].strip() for part in parts_of(text) if not part.shared]


def shared(text: str) -> list[str]:
    return [text[part.begin : part.end].strip() for part in parts_of(text) if part.shared]


@pytest.mark.parametrize(
    "text",
    [
        "1. Check mail.\n2. Write a poem.",
        "1) Check mail.\n2) Write a poem.\n",
        "Step 1: Check mail.\nStep 2: Write a poem.",
        "Schritt 1: Check mail.\nSchritt 2: Write a poem.",
        "  1. Check mail.\n  2. Write a poem.",
        "1) Check mail. 2) Write a poem.",
        "(1) Check mail. (2) Write a poem.",
        "Check mail. Then write a poem.",
        "Check mail.\nAfter that, write a poem.",
        "看邮件。然后写诗",
    ],
)
def test_numbers_and_a_sentence_that_begins_with_then_make_steps(text: str) -> None:
    assert 2 == len(steps(text))
    assert "".join(text.split()) == "".join("".join(steps(text)).split())


def test_what_stands_before_and_after_the_steps_belongs_to_each() -> None:
    text = "You are the clerk.\n\n1. Check mail.\n2. Write a poem.\n\nAnswer in German."

    assert ["1. Check mail.", "2. Write a poem."] == steps(text)
    assert ["You are the clerk.", "Answer in German."] == shared(text)


def test_numbers_that_are_further_in_belong_to_their_step() -> None:
    text = "1. Check mail.\n   1. work\n   2. home\n   3. club\n2. Write a poem."

    assert ["1. Check mail.\n   1. work\n   2. home\n   3. club", "2. Write a poem."] == steps(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Check mail.",
        "1. Check mail.",
        "If there is mail, then count it.",
        "2. Check mail.\n3. Write a poem.",
        "1. Run this:\n```\n1. no step\n```\n2. Write a poem.",
        "Version 1.2 of 2026.9",
        "\n".join(f"{number}. item" for number in range(1, 30)),
        "1. Check mail.\n2. " + "a" * 100_000,
    ],
)
def test_what_has_no_clear_steps_has_no_parts(text: str) -> None:
    assert () == parts_of(text)


def test_each_part_is_judged_by_itself_and_keeps_no_text() -> None:
    check, analyze = parts_of("1. Check the inbox.\n2. Analyze the risk, compare the strategies for Carol.")

    assert ("simple", "reasoning") == (classify(check.signals).kind, classify(analyze.signals).kind)
    assert "Carol" not in repr((check, analyze))


def test_a_long_text_full_of_numbers_is_read_in_one_go() -> None:
    assert () == parts_of("1) " * 33_000)
    assert () == parts_of("\n 1. " * 19_000)

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Position
from reconciler.jsontypes import Json
from reconciler.openclaw.json5 import (
    MAX_DEPTH,
    MAX_SIZE,
    Array,
    Json5Error,
    Node,
    Object,
    parse,
    plain,
    skip_trivia,
)
from reconciler.openclaw.pointer import is_array
from reconciler.openclaw.splice import same


FIXTURES = Path(__file__).parent / "fixtures" / "config"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+1", 1),
        ("5.", 5),
        (".5", 0.5),
        ("-.5e-1", -0.05),
        ("5.E2", 500),
        ("0x1F", 31),
        ("-0XfF", -255),
        ("9007199254740993", 9007199254740992.0),
        ("1e400", math.inf),
        ("0x" + "f" * 400, math.inf),
        ("9" * 5000, math.inf),
        ("-Infinity", -math.inf),
        ("null", None),
        ("true", True),
        ("false", False),
        (r"'\u0041\x42\n\0\'\"\a\/'", "AB\n\0'\"a/"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d"', "\ud83d"),
        ("'a\\\nb\\\r\nc\\\u2028d'", "abcd"),
        ('"\u2028\t"', "\u2028\t"),
        ("\ufeff[1,/*,*/2,]//", [1, 2]),
        ("\t\v\f\xa0\u1680\u2003\u3000\u2029{}", {}),
        (
            "{a:1,$_9:2,\\u0061b:3,é:4,ℵ:5,\U0001d4b3:6,x‌:7,null:8,'':9}",
            {"a": 1, "$_9": 2, "ab": 3, "é": 4, "ℵ": 5, "\U0001d4b3": 6, "x‌": 7, "null": 8, "": 9},
        ),
        ("{__proto__:{a:1}}", {"__proto__": {"a": 1}}),
        ("{a:{b:1},a:{c:2}}", {"a": {"c": 2}}),
    ],
)
def test_json5_is_read(text: str, value: Json) -> None:
    found = plain(parse(text))

    assert value == found
    assert type(value) is type(found)


def test_not_a_number_is_read() -> None:
    assert math.isnan(plain(parse("-NaN")))


@pytest.mark.parametrize(
    ("text", "line", "col"),
    [
        ("", 1, 1),
        ("\ufeff", 1, 1),
        ("// nothing\n", 2, 1),
        ("{", 1, 2),
        ("[1", 1, 3),
        ("{a", 1, 3),
        ("{a:", 1, 4),
        ("{a:1 b:2}", 1, 6),
        ("{a 1}", 1, 4),
        ("[,]", 1, 2),
        ("{,}", 1, 2),
        ("{1a:1}", 1, 2),
        ("{a-b:1}", 1, 3),
        ("{\\u0031a:1}", 1, 2),
        ("{™:1}", 1, 2),
        ("{a™:1}", 1, 2),
        ("{a:1}}", 1, 6),
        ("01", 1, 2),
        ("0x", 1, 2),
        ("1e", 1, 2),
        ("+", 1, 1),
        (".", 1, 1),
        ("nulll", 1, 5),
        ("True", 1, 1),
        ("[\n  'a\n']", 2, 3),
        ("\r\n\r[\n'\\01']", 4, 2),
        (r"'\1'", 1, 2),
        (r"'\x4'", 1, 2),
        (r"'ab\u123'", 1, 4),
        ("{a:1 /* b", 1, 6),
        ("\ufeff[x]", 1, 2),
        ("/", 1, 1),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, line: int, col: int) -> None:
    with pytest.raises(Json5Error) as caught:
        parse(text, file="openclaw.json")

    assert ("openclaw.json", line, col) == caught.value.at


def test_a_comment_that_is_not_closed_is_named() -> None:
    with pytest.raises(Json5Error, match="comment is not closed"):
        parse("{a:1 /* b")


def test_a_mistake_shows_nothing_of_the_values_around_it() -> None:
    with pytest.raises(Json5Error) as caught:
        parse('{ token: "canary-1", key: "canary-2')

    assert "canary" not in repr([caught.value.problem, caught.value.hint, caught.value.evidence])


@pytest.mark.parametrize("opener", ["[", "{a:", "[{a:["])
def test_deep_nesting_is_an_error_and_not_a_crash(opener: str) -> None:
    with pytest.raises(Json5Error, match="nested deeper"):
        parse(opener * 100_000)


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    assert isinstance(parse("[" * MAX_DEPTH + "]" * MAX_DEPTH), Array)


def test_a_huge_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(Json5Error, match="2 MiB"):
        parse("[" + " " * MAX_SIZE + "]")


@pytest.mark.parametrize(
    "text", ["/*" * 500_000, "'" + "\\" * 999_999, "a" * 999_999, "// " * 300_000, "'" + "\\a" * 400_000]
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    with pytest.raises(Json5Error):
        parse(text)


def test_every_value_and_member_knows_its_place() -> None:
    text = "/**/{ 'a' : [ 1 , {b:2} ] /*,*/ , } // end"

    root = parse(text)

    assert isinstance(root, Object)
    (member,) = root.members
    assert "{ 'a' : [ 1 , {b:2} ] /*,*/ , }" == text[root.start : root.end]
    assert "'a'" == text[member.start : member.key_end]
    assert "'a' : [ 1 , {b:2} ]" == text[member.start : member.end]
    assert isinstance(member.value, Array)
    assert ["1", "{b:2}"] == [text[item.start : item.end] for item in member.value.items]
    assert text.index("] /*") + len("] /*,*/ ") == skip_trivia(text, member.end)


def test_of_members_with_one_key_the_last_counts() -> None:
    root = parse("{ a: 1, 'a': 2 }")

    assert isinstance(root, Object)
    assert root.member("a") is root.members[1]
    assert root.member("b") is None


@given(st.text(st.sampled_from("{}[],:'\"\\/*\n\r ab0x1.e-+u\u2028\ufeffé")))
def test_any_text_is_read_or_refused_with_a_place_inside(text: str) -> None:
    root, error = _outcome(text)

    if error is not None:
        assert 1 <= error.line <= 1 + len(text)
        assert 1 <= error.col <= 1 + len(text)
    if root is not None:
        assert plain(root) == plain(parse(text[root.start : root.end]))


def _outcome(text: str) -> tuple[Node | None, Position | None]:
    try:
        return parse(text), None
    except Json5Error as error:
        return None, error.at


def test_texts_mean_what_the_json5_package_of_npm_says() -> None:
    """Generated texts, half of them damaged, with the verdict of json5 2.2.3."""
    cases = [
        json.loads(line, parse_int=float)
        for line in (FIXTURES.parent / "json5-2.2.3.jsonl").read_text().splitlines()
    ]

    verdicts = [_outcome(case["text"])[0] for case in cases]

    read = [(plain(root), case) for root, case in zip(verdicts, cases, strict=True) if root is not None]
    assert [case["text"] for case in cases if "value" in case] == [case["text"] for _, case in read]
    assert all(same(_finite(value), case["value"]) for value, case in read)


def _finite(value: Json) -> Json:
    """Write what JSON cannot hold as the recording has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(item) for item in value] if is_array(value) else value


@pytest.mark.parametrize(
    "path", sorted(FIXTURES.rglob("openclaw.json"), key=str), ids=lambda path: path.parent.name
)
def test_the_host_files_are_read(path: Path) -> None:
    assert "agents" in plain(parse(path.read_text()))

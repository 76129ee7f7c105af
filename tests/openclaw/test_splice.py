from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ReconcilerError, Refused, StalePlan
from reconciler.jsontypes import Json
from reconciler.openclaw.json5 import parse, plain
from reconciler.openclaw.splice import Edit, apply_edits, revert_edits, same, splice


Case = tuple[str, list[str], list[dict[str, Json]]]

FIXTURES = Path(__file__).parent / "fixtures" / "config"

KEYS = st.sampled_from(
    ["model", "primary", "a", "b", "c-d", "a/b", "~", "é", "it's", 'say "x"', "", "0", "null"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=[]), max_size=6),
    st.sampled_from(
        ["anthropic/claude-opus-4-6", "// no comment", "/* none */", "a,b}", "${TOKEN}", "\u2028", "\r\n"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A JSON5 text with random layout, and the comments in it, each with a text of its own."""
    comments: list[str] = []
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    strict = draw(st.booleans())

    def gap() -> str:
        kind = draw(
            st.sampled_from(
                ["", "", "", " ", newline, newline + "  ", "\t", *([] if strict else ["//", "/*"])]
            )
        )
        if kind in {"//", "/*"}:
            comments.append(
                f"// c{len(comments)} }},\"'" if kind == "//" else f"/* c{len(comments)} ,{{ // */"
            )
            return " " + comments[-1] + (newline if kind == "//" else "")
        return kind

    def scalar(value: Json) -> str:
        if isinstance(value, str) and not strict and draw(st.booleans()):
            return "'" + json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
        return json.dumps(value, ensure_ascii=draw(st.booleans()) or not _encodable(value))

    def key(name: str) -> str:
        bare = re.fullmatch("[a-z]+", name) and not strict and draw(st.booleans())
        return name if bare else scalar(name)

    def write(value: Json) -> str:
        if not isinstance(value, dict | list):
            return scalar(value)
        pairs = value.items() if isinstance(value, dict) else [(None, item) for item in value]
        parts = [
            gap() + ("" if name is None else key(name) + gap() + ":" + gap()) + write(inner) + gap()
            for name, inner in pairs
        ]
        if parts and not strict and draw(st.booleans()):
            parts.append(gap())
        opener, closer = "{}" if isinstance(value, dict) else "[]"
        return opener + (",".join(parts) or gap()) + closer

    value = draw(st.dictionaries(KEYS, VALUES, max_size=4) | VALUES)
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return mark + gap() + write(value) + gap(), comments


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A document and a patch that fits it."""
    text, comments = draw(documents())
    value = plain(parse(text))
    operations = []
    for _ in range(draw(st.integers(1, 4))):
        operation = draw(operations_on(value))
        operations.append(operation)
        value = patched(value, [operation])
    return text, comments, operations


@st.composite
def operations_on(draw: st.DrawFn, value: Json) -> dict[str, Json]:
    places = list(_places(value, ""))
    path, inner = draw(st.sampled_from(places))
    kind = draw(st.sampled_from(["replace", "add", "remove", "test"]))
    if kind == "test":
        return {"op": "test", "path": path, "value": inner}
    if kind == "remove" and path:
        return {"op": "remove", "path": path}
    if kind == "add" and isinstance(inner, dict):
        return {"op": "add", "path": f"{path}/{_escape(draw(KEYS))}", "value": draw(VALUES)}
    if kind == "add" and isinstance(inner, list):
        at = draw(st.sampled_from(["-", *map(str, range(len(inner) + 1))]))
        return {"op": "add", "path": f"{path}/{at}", "value": draw(VALUES)}
    return {"op": "replace", "path": path, "value": draw(VALUES)}


def _places(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _places(inner, f"{path}/{_escape(str(key))}")


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def _encodable(value: Json) -> bool:
    return not re.search("[\ud800-\udfff]", str(value))


def patched(value: Json, operations: list[dict[str, Json]]) -> Json:
    """What jsonpatch makes of it; a whole document in a wrapper, because jsonpatch cannot patch a scalar."""
    wrapped = [{**operation, "path": f"/root{operation['path']}"} for operation in operations]
    return jsonpatch.apply_patch({"root": deepcopy(value)}, deepcopy(wrapped))["root"]


@given(cases())
def test_the_new_text_means_what_the_patch_makes_of_the_old(case: Case) -> None:
    text, _, operations = case

    new = apply_edits(text, splice(text, operations))

    assert same(patched(plain(parse(text)), operations), plain(parse(new)))


@given(cases())
def test_every_character_outside_the_edits_stays(case: Case) -> None:
    """Cut what was replaced out of the old text and what was written out of the new: the rest is equal."""
    text, _, operations = case

    edits = splice(text, operations)

    new = apply_edits(text, edits)
    assert _outside(text, [(edit.offset, edit.before) for edit in edits]) == _outside(new, _written(edits))


@given(cases())
def test_edits_are_sorted_and_apart(case: Case) -> None:
    text, _, operations = case

    edits = splice(text, operations)

    assert all(left.offset + len(left.before) < right.offset for left, right in pairwise(edits))
    assert all(edit.before != edit.after for edit in edits)


@given(cases())
def test_reverting_gives_the_old_text(case: Case) -> None:
    text, _, operations = case

    edits = splice(text, operations)

    assert text == revert_edits(apply_edits(text, edits), edits)


@given(documents(), st.data())
def test_adding_loses_nothing_of_the_old_text(document: tuple[str, list[str]], data: st.DataObject) -> None:
    """An addition to what is there is a pure insertion, save that white space inside empty brackets may go."""
    text, _ = document
    boxes = [(path, inner) for path, inner in _places(plain(parse(text)), "") if isinstance(inner, dict)]
    if not boxes:
        return
    path, inner = data.draw(st.sampled_from(boxes))
    key = data.draw(KEYS.filter(lambda key: key not in inner))

    edits = splice(text, [{"op": "add", "path": f"{path}/{_escape(key)}", "value": data.draw(VALUES)}])

    assert all(not edit.before.strip() for edit in edits)


@given(documents(), st.data())
def test_replacing_keeps_every_comment_outside_the_value(
    document: tuple[str, list[str]], data: st.DataObject
) -> None:
    text, comments = document
    path, inner = data.draw(st.sampled_from(list(_places(plain(parse(text)), ""))))
    if isinstance(inner, dict | list):
        return

    edits = splice(text, [{"op": "replace", "path": path, "value": data.draw(VALUES)}])

    assert len(edits) <= 1
    new = apply_edits(text, edits)
    assert all(comment in new for comment in comments)


@given(documents(), st.data())
def test_removing_keeps_every_comment_of_other_lines(
    document: tuple[str, list[str]], data: st.DataObject
) -> None:
    """Only comments inside the value, and behind it on its line, go."""
    text, comments = document
    places = [path for path, _ in _places(plain(parse(text)), "") if path]
    if not places:
        return
    path = data.draw(st.sampled_from(places))

    edits = splice(text, [{"op": "remove", "path": path}])

    gone = [comment for comment in comments if comment not in apply_edits(text, edits)]
    cut = max((edit.before for edit in edits), key=len)
    assert all(comment in cut for comment in gone)
    behind = [comment for comment in gone if cut.rstrip().endswith(comment)]
    assert not behind or re.search(r"[\r\n]$", cut)


def _written(edits: tuple[Edit, ...]) -> list[tuple[int, str]]:
    shift, written = 0, []
    for edit in edits:
        written.append((edit.offset + shift, edit.after))
        shift += len(edit.after) - len(edit.before)
    return written


def _outside(text: str, ranges: list[tuple[int, str]]) -> str:
    for offset, inner in reversed(ranges):
        assert text.startswith(inner, offset)
        text = text[:offset] + text[offset + len(inner) :]
    return text


MODEL = {"primary": "a/opus", "fallbacks": ["b/gpt"]}


@pytest.mark.parametrize(
    ("old", "operation", "new"),
    [
        pytest.param(
            "{\n  // all\n  main: {}, // it\n}\n",
            ("add", "/main/model", MODEL),
            '{\n  // all\n  main: {\n    model: {\n      primary: "a/opus",\n      fallbacks: [\n'
            '        "b/gpt",\n      ],\n    },\n  }, // it\n}\n',
            id="an-empty-object-takes-lines-as-the-others-do",
        ),
        pytest.param(
            "{ a: { b: 'x' }, main: {} }",
            ("add", "/main/model", MODEL),
            "{ a: { b: 'x' }, main: { model: { primary: 'a/opus', fallbacks: ['b/gpt'] } } }",
            id="one-line-stays-one-line",
        ),
        pytest.param(
            '{"a":{"b":1}}',
            ("add", "/c", MODEL),
            '{"a":{"b":1},"c":{"primary":"a/opus","fallbacks":["b/gpt"]}}',
            id="compact",
        ),
        pytest.param(
            "{\n\ta: 1, // one\n\t// end\n}",
            ("add", "/b", 2),
            "{\n\ta: 1, // one\n\tb: 2,\n\t// end\n}",
            id="last-comment",
        ),
        pytest.param(
            "{\n  a: 1 // one\n}", ("add", "/b", 2), "{\n  a: 1, // one\n  b: 2\n}", id="comma-before-comment"
        ),
        pytest.param(
            "{ a: 1 // one\n}", ("add", "/b", 2), "{ a: 1, // one\n  b: 2\n}", id="line-comment-ends-one-line"
        ),
        pytest.param("{ a: 1 /* // */ }", ("add", "/b", 2), "{ a: 1 /* // */, b: 2 }", id="block-comment"),
        pytest.param(
            "{\n  // none yet\n}", ("add", "/b", 2), '{\n  // none yet\n  "b": 2\n}', id="only-a-line-comment"
        ),
        pytest.param("{ /* none */ }", ("add", "/b", 2), '{ /* none */ "b": 2 }', id="only-a-block-comment"),
        pytest.param("{\r\n  a: 1\r\n}", ("add", "/b", 2), "{\r\n  a: 1,\r\n  b: 2\r\n}", id="crlf"),
        pytest.param(
            "{a: {b: 1}, 'c-d': 2}",
            ("add", "/e-f", 3),
            "{a: {b: 1}, 'c-d': 2, 'e-f': 3}",
            id="quotes-only-where-needed",
        ),
        pytest.param(
            "[1, /* two */ 2]", ("add", "/1", 9), "[1, 9, /* two */ 2]", id="comment-stays-with-its-item"
        ),
        pytest.param(
            "[\n  1, // one\n  2\n]", ("add", "/1", 9), "[\n  1, // one\n  9,\n  2\n]", id="item-on-a-line"
        ),
        pytest.param("[\n  1\n]", ("add", "/0", 9), "[\n  9,\n  1\n]", id="first-item"),
        pytest.param(
            "{a: [\n  'x'\n]}",
            ("replace", "/a", ["x", "y"]),
            "{a: [\n  'x',\n  'y'\n]}",
            id="tall-list-stays-tall",
        ),
        pytest.param(
            "{ m: {\n  primary: 'x', // best\n  old: 1,\n} }",
            ("replace", "/m", {"primary": "y", "new": 2}),
            "{ m: {\n  primary: 'y', // best\n  new: 2,\n} }",
            id="comment-inside-a-replaced-object",
        ),
        pytest.param(
            "{\n  a: 1, // one\n  // two\n  b: 2,\n}",
            ("remove", "/a"),
            "{\n  // two\n  b: 2,\n}",
            id="remove-line",
        ),
        pytest.param(
            '{\n  "a": 1, // one\n  "b": 2\n}',
            ("remove", "/b"),
            '{\n  "a": 1 // one\n}',
            id="remove-last-of-strict-json",
        ),
        pytest.param("{ a: 1, b: 2, }", ("remove", "/b"), "{ a: 1, }", id="remove-with-trailing-comma"),
        pytest.param(
            "{ a: 1 /* x */, b: 2 }", ("remove", "/a"), "{ /* x */ b: 2 }", id="remove-before-comment"
        ),
        pytest.param("{\n  a: 1,\n}", ("remove", "/a"), "{}", id="remove-only-member"),
        pytest.param("{ a: 1, 'a': 2, b: 3 }", ("remove", "/a"), "{ b: 3 }", id="remove-every-duplicate"),
        pytest.param(
            "{ a: 1, a: 2 }", ("replace", "/a", 3), "{ a: 1, a: 3 }", id="the-last-duplicate-counts"
        ),
        pytest.param(
            "\ufeff// é\n{ ü: 'ö' }",
            ("replace", "/ü", "\U0001d4b3'"),
            "\ufeff// é\n{ ü: '\U0001d4b3\\'' }",
            id="beyond-ascii",
        ),
    ],
)
def test_a_change_looks_as_if_the_author_had_made_it(old: str, operation: tuple[Json, ...], new: str) -> None:
    edits = splice(old, [dict(zip(("op", "path", "value"), operation, strict=False))])

    assert new == apply_edits(old, edits)
    assert old == revert_edits(new, edits)


def test_a_value_that_is_equal_already_is_not_touched() -> None:
    text = "{ a: 0x10, b: ['x',] }"

    edits = splice(text, [{"op": "replace", "path": "", "value": {"b": ["x"], "a": 16.0}}])

    assert edits == ()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": True},
        {"op": "test", "path": "/a", "value": "1"},
        {"op": "test", "path": "/none", "value": 1},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "remove", "path": "/none"},
        {"op": "remove", "path": "/list/2"},
        {"op": "replace", "path": "/list/01", "value": 1},
        {"op": "add", "path": "/none/b", "value": 1},
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "add", "path": "/list/3", "value": 1},
    ],
)
def test_a_patch_that_does_not_fit_is_stale(operation: dict[str, Json]) -> None:
    with pytest.raises(StalePlan) as caught:
        splice("{ a: 1, list: [1, 2] }", [operation])

    assert operation["path"].startswith(caught.value.problem.split()[0])


def test_later_operations_see_what_earlier_ones_did() -> None:
    text = "{}"
    operations = [
        {"op": "add", "path": "/a", "value": {}},
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "test", "path": "/a/b", "value": 1},
        {"op": "remove", "path": "/a"},
    ]

    assert splice(text, operations) == ()
    assert '{\n  "a": {\n    "b": 1\n  }\n}' == apply_edits(text, splice(text, operations[:3]))


def test_only_four_operations_are_understood() -> None:
    with pytest.raises(ReconcilerError, match="cannot move"):
        splice("{ a: 1 }", [{"op": "move", "from": "/a", "path": "/b"}])


def test_the_whole_document_cannot_be_removed() -> None:
    with pytest.raises(ReconcilerError, match="whole document"):
        splice("{ a: 1 }", [{"op": "remove", "path": ""}])


def test_edits_are_not_applied_to_another_text() -> None:
    edits = splice("{ a: 1 }", [{"op": "replace", "path": "/a", "value": 2}])

    with pytest.raises(Refused):
        apply_edits("{ b: 'x' }", edits)


def test_a_change_of_somebody_else_is_not_reverted() -> None:
    edits = splice("{ a: 1 }", [{"op": "replace", "path": "/a", "value": 2}])

    with pytest.raises(Refused):
        revert_edits("{ a: 3 }", edits)


def test_edits_are_plain_data() -> None:
    edits = splice("{ a: 1 }", [{"op": "replace", "path": "/a", "value": 2}])

    recorded = json.loads(json.dumps([asdict(edit) for edit in edits]))

    assert edits == tuple(Edit(**fields) for fields in recorded)


def test_what_is_added_can_always_be_encoded() -> None:
    text = "{ a: 1 }"

    new = apply_edits(text, splice(text, [{"op": "add", "path": "/\ud800", "value": "\udfff\u2028"}]))

    assert b'{ a: 1, "\\ud800": "\\udfff\\u2028" }' == new.encode()


@pytest.mark.parametrize("path", ["modern-rich", "legacy-rich", "minimal", "legacy-written-by-2026.2.9"])
def test_a_real_file_changes_in_the_planned_lines_only(path: str) -> None:
    text = (FIXTURES / path / "openclaw.json").read_bytes().decode()
    pointer = "/agents/defaults/model"

    edits = splice(text, [{"op": "replace", "path": pointer, "value": {"primary": "x/y", "fallbacks": []}}])

    new = apply_edits(text, edits)
    unchanged = [line for line in text.splitlines() if line not in new.splitlines()]
    assert edits
    assert len(unchanged) <= 8
    assert text == revert_edits(new, edits)

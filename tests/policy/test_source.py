from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.policy.read import Unusable
from reconciler.policy.source import Scalar, Table, parse, plain


def only(text: str) -> object:
    (document,) = parse(text, "p.yaml").documents
    return plain(document)


def refused(text: str) -> str:
    with pytest.raises(Unusable) as caught:
        parse(text, "p.yaml")
    return str(caught.value.problem)


def test_values_follow_the_core_schema_of_yaml_1_2() -> None:
    actual = only(
        "{a: 1, b: 0.80, c: yes, d: true, e: ~, f: 07, g: 0o17, h: 0x1F, i: 2026-01-01, j: 1_000, k: .inf}"
    )

    expected = {
        "a": 1, "b": Decimal("0.80"), "c": "yes", "d": True, "e": None, "f": 7, "g": 15, "h": 31,
        "i": "2026-01-01", "j": "1_000", "k": ".inf",
    }  # fmt: skip
    assert expected == actual


def test_quoted_values_are_text() -> None:
    assert only("{a: '1', b: \"true\", c: ''}") == {"a": "1", "b": "true", "c": ""}


def test_keys_and_values_know_their_place() -> None:
    (document,) = parse("# c\nspec:\n  mode: 'auto' # x\n", "p.yaml").documents
    assert isinstance(document, Table)
    spec = document.entries["spec"].value
    assert isinstance(spec, Table)

    mode = spec.entries["mode"]
    assert isinstance(mode.value, Scalar)
    assert str(mode.key.at) == "p.yaml:3:3"
    assert str(mode.value.at) == "p.yaml:3:9"
    assert "# c\nspec:\n  mode: 'auto' # x\n"[mode.value.start : mode.value.end] == "'auto'"


def test_several_documents_may_share_a_file() -> None:
    documents = parse("a: 1\n---\n---\nb: 2\n", "p.yaml").documents

    assert [plain(document) for document in documents] == [{"a": 1}, {"b": 2}]


def test_anchors_and_merge_keys_work_and_own_keys_win() -> None:
    text = "base: &b {x: 1, y: 1}\nother: &o {y: 2, z: 2}\none: {<<: *b, x: 9}\ntwo: {<<: [*b, *o]}\nlist: [*b]\n"

    actual = only(text)

    assert isinstance(actual, dict)
    assert actual["one"] == {"x": 9, "y": 1}
    assert actual["two"] == {"x": 1, "y": 1, "z": 2}
    assert actual["list"] == ({"x": 1, "y": 1},)


def test_a_merge_key_takes_mappings_only() -> None:
    (problem,) = parse("a: {<<: 5}", "p.yaml").problems

    assert problem.message == "`<<` takes a mapping"


def test_a_duplicate_key_names_both_places() -> None:
    (problem,) = parse("a: 1\nb: 2\na: 3\n", "p.yaml").problems

    expected = 'p.yaml:3:1: error: the key "a" stands at p.yaml:1:1 already → keep one of the two'
    assert expected == str(problem)


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: 1\n\tb: 2\n", "2:1"), ("a:\n\t- b\n", "2:1"), ("a:\n  - b\n \t- c\n", "3:2"), ("a: \tb\n", "1:4")],
)
def test_a_tab_is_called_a_tab_where_it_stands(text: str, place: str) -> None:
    assert f"p.yaml:{place}: error: a tab stands here → YAML wants spaces: replace the tab" == refused(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "p.yaml:1:5: error: is not YAML: mapping values are not allowed here"),
        ("a: 'x", "p.yaml:1:6: error: is not YAML: found unexpected end of stream"),
        ("a: @x", "p.yaml:1:4: error: is not YAML: found character '@' that cannot start any token"),
        ("- a\nb: c", "p.yaml:2:1: error: is not YAML: expected <block end>"),
        ('a: "\\UFFFFFFFF"', "p.yaml:1:1: error: is not YAML"),
        ("a: !secret 1", 'p.yaml:1:4: error: has the tag "!secret"'),
        ("a: !!python/object:os.system 1", "p.yaml:1:4: error: has the tag"),
        ("%YAML 1.1\n---\na: yes", "p.yaml:2:1: error: begins with a directive"),
        ("a: *x", 'p.yaml:1:4: error: the alias "x" has no anchor'),
        ("a: &a [*a]", 'p.yaml:1:8: error: the alias "a" holds itself'),
        ("? [a]\n: b", "p.yaml:1:3: error: a key is a list or a mapping"),
        ("", "p.yaml:1:1: error: is empty → begin with `apiVersion: tactician/v1`"),
        ("# only words\n", "p.yaml:1:1: error: is empty"),
        ("---\n" * 200, "p.yaml:101:1: error: holds over 100 documents"),
    ],
)
def test_what_is_no_policy_yaml_is_refused_with_place_and_next_step(text: str, message: str) -> None:
    assert refused(text).startswith(message)


def test_an_alias_bomb_is_refused_by_what_it_would_become() -> None:
    levels = "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "holds over 50000 values" in refused("a: &a [x,x,x,x,x,x,x,x,x,x]\n" + levels)


@pytest.mark.parametrize("text", ["[" * 500, "- " * 500, "{a: " * 2000, "? " * 2000])
def test_depth_is_bounded(text: str) -> None:
    assert "nested over 32 levels" in refused(text)


def test_aliases_within_aliases_count_as_depth() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(40))

    assert "nested over 32 levels" in refused(chain)


def test_a_key_may_be_an_anchor_and_an_alias() -> None:
    assert only("&k a: 1\nb: [*k]\n") == {"a": 1, "b": ("a",)}


@given(text=st.text(alphabet=st.sampled_from("a:- \n\t{}[],&*!|>'\"#%?<~1.\\x"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unusable):
        parse(text, "p.yaml")

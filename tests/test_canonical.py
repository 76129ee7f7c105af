from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.canonical import canonical, digest, pretty


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_the_canonical_text_means_the_value(value: object) -> None:
    assert value == json.loads(canonical(value))
    assert value == json.loads(pretty(value))


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical({"a": 1, "b": {"c": 2, "d": 3}}) == canonical({"b": {"d": 3, "c": 2}, "a": 1})
    assert '{"a":1,"b":"ü"}' == canonical({"b": "ü", "a": 1})


def test_the_order_of_items_does_matter() -> None:
    assert digest([1, 2]) != digest([2, 1])


@pytest.mark.parametrize("value", [0.5, {"a": [1, {"b": 1.0}]}, ({"a": float("nan")},)])
def test_a_float_is_refused_however_deep(value: object) -> None:
    with pytest.raises(TypeError, match="a float in a digested document"):
        canonical(value)


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"a": {1, 2}})


def test_half_a_surrogate_pair_is_written_as_its_escape() -> None:
    broken = json.loads('{"name": "\\ud83d"}')

    assert '{"name":"\\ud83d"}' == canonical(broken)
    assert broken == json.loads(pretty(broken).encode())


def test_a_digest_is_the_sha256_of_the_canonical_text() -> None:
    assert "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" == digest({})


def test_a_file_ends_with_one_newline_and_is_sorted() -> None:
    assert '{\n  "a": 1,\n  "b": []\n}\n' == pretty({"b": [], "a": 1})

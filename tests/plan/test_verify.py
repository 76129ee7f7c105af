from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.canonical import digest, pretty
from reconciler.errors import ReconcilerError, StalePlan
from reconciler.plan.model import Plan
from reconciler.plan.verify import read_plan, write_plan
from tests.worlds import CODING, job, plan_of


PLAN = plan_of(job(), job("Build", CODING))
TEXT = write_plan(PLAN)


def read(text: str) -> Plan:
    return read_plan(text, name="p.json")


def resealed(**changes: Any) -> str:
    """Write a plan with these changes, with the digest of what it says now."""
    plain = {**PLAN.content(), **changes}
    return pretty({**plain, "digest": digest(plain)})


def test_a_plan_is_read_as_it_was_written() -> None:
    assert PLAN == read(TEXT)
    assert TEXT == write_plan(read(TEXT))


@given(st.data())
def test_changing_one_byte_of_a_plan_is_refused(data: st.DataObject) -> None:
    old = TEXT.encode()
    at = data.draw(st.integers(0, len(old) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != old[at]))

    changed = old[:at] + bytes([byte]) + old[at + 1 :]

    with pytest.raises((ReconcilerError, UnicodeDecodeError)):
        read(changed.decode())


@given(st.integers(0, len(TEXT) - 1))
def test_a_plan_of_which_a_byte_is_missing_is_refused(at: int) -> None:
    with pytest.raises(ReconcilerError):
        read(TEXT[:at] + TEXT[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace('"job/Build"', '"job/Other"'),
        TEXT.replace("{\n", "{\n\n", 1),
        TEXT.rstrip("\n"),
        TEXT.replace("{\n", '{\n  "mode": "auto",\n', 1),
        TEXT.replace(f'"digest": "{PLAN.digest}"', '"digest": 5'),
        TEXT.replace('"kept": 0', '"kept": 0.0'),
        TEXT.replace('"a test host"', '"\\ud800"'),
        json.dumps({key: value for key, value in PLAN.dump().items() if key != "digest"}),
    ],
)
def test_an_edited_plan_is_refused_as_stale(text: str) -> None:
    with pytest.raises(StalePlan, match=r"p.json was changed after it was made") as raised:
        read(text)

    assert "plans are not edited by hand: change the policy and plan again" == raised.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "p.json is empty"),
        ("plan", "p.json:1:1: not JSON"),
        ("[]", "p.json is not a JSON object"),
        ("{}", "p.json is not a plan"),
        ('{"kind": "Facts"}', "p.json is not a plan"),
        (resealed(apiVersion="tactician/v9"), "p.json is a plan of another version, 'tactician/v9'"),
        ('{"a":' * 100_000, "p.json is nested too deeply"),
        (resealed(mode="yolo"), "p.json does not have the shape of a plan: Input should be 'manual'"),
        (
            resealed(extra=1),
            "p.json does not have the shape of a plan: Extra inputs are not permitted at extra",
        ),
    ],
)
def test_what_is_no_plan_is_told(text: str, problem: str) -> None:
    with pytest.raises(ReconcilerError) as raised:
        read(text)

    assert raised.value.problem.startswith(problem)
    assert raised.value.hint


@pytest.mark.parametrize("depth", [150, 400, 900])
def test_a_deep_plan_is_refused_at_any_depth(depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth

    with pytest.raises(ReconcilerError):
        read('{"kind": "Plan", "apiVersion": "tactician/v1", "patches": ' + deep + "}")

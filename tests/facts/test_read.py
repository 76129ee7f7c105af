from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.canonical import pretty
from reconciler.errors import ReconcilerError
from reconciler.facts.read import read_facts
from tests.worlds import config, facts, job


def written(**changes: Any) -> str:
    return json.dumps({**facts(job(), config=config()).dump(), **changes})


def test_facts_are_read_as_they_were_written() -> None:
    known = facts(job(), config=config())

    assert known == read_facts(json.dumps(known.dump()), name="f.json")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f.json is empty"),
        ("{", "f.json:1:2: not JSON"),
        (written(kind="Plan"), "f.json holds no facts"),
        (written(apiVersion="tactician/v9"), "f.json holds facts of another version"),
        (written(host={"id": "h"}), "f.json does not have the shape of facts: Field required at host.label"),
        (
            written(extra=1),
            "f.json does not have the shape of facts: Extra inputs are not permitted at extra",
        ),
    ],
)
def test_what_holds_no_facts_is_told(text: str, problem: str) -> None:
    with pytest.raises(ReconcilerError) as raised:
        read_facts(text, name="f.json")

    assert raised.value.problem.startswith(problem)
    assert "record new ones: tactician facts --out FILE" == raised.value.hint


@pytest.mark.parametrize("fraction", ["0.5", "NaN", "1e400"])
def test_a_fraction_in_the_configuration_is_told_because_digests_take_none(fraction: str) -> None:
    text = written().replace('"alias"', '"x"').replace('"main": {', f'"main": {{"cost": {fraction}, ', 1)

    with pytest.raises(
        ReconcilerError, match=r"write the fraction as a text at host.config|not have the shape"
    ):
        read_facts(text, name="f.json")


def test_a_used_share_may_be_written_as_a_number() -> None:
    reading = {
        "provider": "anthropic",
        "window": "weekly",
        "usedFraction": 0.8,
        "takenAt": "2026-09-14T06:00:00Z",
        "source": "by hand",
    }

    found = read_facts(written(readings=[reading]), name="f.json")

    assert "0.8" == found.dump()["readings"][0]["usedFraction"]
    assert found.digest().startswith("sha256:")


def test_an_invalid_value_is_not_repeated_in_the_message() -> None:
    with pytest.raises(ReconcilerError) as raised:
        read_facts(written(problems="sk-canary"), name="f.json")

    assert "sk-canary" not in raised.value.problem


def test_the_order_of_the_hosts_models_survives_a_file_of_facts() -> None:
    found = facts(config={"models": {"providers": {"zenith": {}, "acme": {}}}})

    text = pretty(found.dump(), in_order=True)

    providers = read_facts(text, name="facts.json").host.config["models"]["providers"]
    assert ["zenith", "acme"] == list(providers)

from __future__ import annotations

from typing import Any

from reconciler.openclaw.jobwriter import Patience
from reconciler.openclaw.reload import rejected


class Answers:
    """A gateway that gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.left = list(answers)
        self.asked = 0

    def call(self, method: str) -> dict[str, Any]:
        assert method == "config.get"
        self.asked += 1
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def patience(waits: list[float], said: list[str] | None = None) -> Patience:
    return Patience(waits.append, (said if said is not None else []).append)


OLD = {"valid": True, "configRevisionHash": "new", "appliedConfigHash": "old"}
NEW = {"valid": True, "configRevisionHash": "new", "appliedConfigHash": "new"}


def test_a_gateway_that_has_taken_the_file_over_objects_to_nothing() -> None:
    waits: list[float] = []
    gateway = Answers(NEW)

    assert rejected(gateway, patience(waits)) is None  # type: ignore[arg-type]
    assert [] == waits


def test_a_gateway_that_is_still_at_it_is_waited_for() -> None:
    waits: list[float] = []
    gateway = Answers(OLD, OLD, NEW)

    assert rejected(gateway, patience(waits)) is None  # type: ignore[arg-type]
    assert 2 == len(waits)


def test_an_early_gateway_is_asked_once() -> None:
    gateway = Answers({"valid": True, "hash": "abc"})

    assert rejected(gateway, patience([])) is None  # type: ignore[arg-type]
    assert 1 == gateway.asked


def test_objections_are_returned_with_their_places() -> None:
    issue = {"path": "agents", "message": "Unrecognized key:\x1b[31m bogus"}
    gateway = Answers({"valid": False, "issues": [issue]})

    assert ("agents: Unrecognized key:\\x1b[31m bogus",) == rejected(gateway, patience([]))  # type: ignore[arg-type]


def test_a_gateway_that_never_takes_it_over_is_not_waited_for_for_ever() -> None:
    waits: list[float] = []
    said: list[str] = []

    assert rejected(Answers(OLD), patience(waits, said)) is None  # type: ignore[arg-type]
    assert 20 == len(waits)
    assert ["the gateway has not taken over the new configuration yet"] == said

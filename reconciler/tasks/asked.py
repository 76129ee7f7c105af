from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from reconciler.kinds import KINDS, Kind
from reconciler.tasks.classify import Task


ENOUGH = 10
"""Messages below which nothing is said of an agent's work."""
_OFTEN = Decimal("0.2")
"""Share of the messages from which a kind counts: an agent has to do what every fifth message asks."""
_HUNDREDTH = Decimal("0.01")


def task_of(messages: int, kinds: Mapping[str, int], *, doubtful: int, pictures: int) -> Task | None:
    """Return what an agent's model must do: the most demanding kind that it is often asked for.

    The thresholds of the other frequent kinds count too. None where too little was asked to tell.
    """
    if messages < ENOUGH:
        return None
    often = [kind for kind in KINDS if Decimal(kinds.get(kind, 0)) / messages >= _OFTEN]
    kind, *others = often
    told = ", ".join(f"{kinds[name]} {name}" for name in KINDS if kinds.get(name))
    confidence = 1 - Decimal(doubtful) / messages
    asked = [each for each in KINDS if kinds.get(each) and each != kind]
    return Task(
        kind=kind,
        evidence=(f"of {messages} messages to it: {told}",),
        confidence=confidence.quantize(_HUNDREDTH),
        rival=asked[0] if asked else None,
        besides=tuple(others),
        tools=True,
        vision=pictures > 0,
    )


def also(task: Task, kind: Kind, why: str) -> Task:
    """Return the task with the threshold of another kind counting too."""
    if kind in {task.kind, *task.besides}:
        return task
    return replace(task, besides=(*task.besides, kind), evidence=(*task.evidence, why))

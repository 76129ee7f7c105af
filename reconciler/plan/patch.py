from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.assign.fallbacks import takes_fallbacks
from reconciler.assign.wanted import Decision
from reconciler.facts.model import JobFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.choices import Place, Shape
from reconciler.openclaw.pointer import get, join, tokens
from reconciler.plan.model import ChoiceText


Operation = dict[str, Json]


def job_document(jobs: Iterable[JobFacts]) -> dict[str, Json]:
    """Return the job list keyed by id, which is what the patches on jobs speak of."""
    return {
        "jobs": {job.id: {"payload": _payload(job), "schedule": job.schedule, "state": {}} for job in jobs}
    }


def after_of(decision: Decision) -> ChoiceText:
    """Return the choice that a decision changes its slot to."""
    assert decision.choice is not None
    primary, fallbacks = decision.choice
    return ChoiceText(
        primary=primary, fallbacks=fallbacks if takes_fallbacks(decision.subject.slot) else None
    )


def operations(document: Json, place: Place, after: ChoiceText) -> Iterator[Operation]:
    """Yield the guarded RFC 6902 operations that write *after* at *place* of *document*.

    Each operation that overwrites is preceded by a `test` of what it overwrites, and all by the
    guards of the place. A choice is always written whole: a model without its fallbacks means
    different things on different versions.
    """
    for guard in place.guards:
        yield {"op": "test", "path": guard.pointer, "value": guard.value}
    for pointer, value in _values(document, place, after):
        yield from write(document, pointer, value)


def addition(document: Json, pointer: str, value: Json) -> Iterator[Operation]:
    """Yield the operations that add *value* where nothing stands, with the parents that are not there.

    Behind the last item of a list it is guarded by that item's id. Where something stands there,
    which a plan never overwrites, nothing can be added and the operation is a test that fails.
    """
    steps = tokens(pointer)
    parent = _at(document, join(steps[:-1]))
    if isinstance(parent, list | tuple):
        yield from _last_item(document, steps[:-1], len(parent))
    if _at(document, pointer) is None:
        yield from write(document, pointer, value)
    else:
        yield {"op": "test", "path": pointer, "value": None}


def _last_item(document: Json, steps: Sequence[str], length: int) -> Iterator[Operation]:
    last = join([*steps, str(length - 1), "id"])
    if length and (name := _at(document, last)) is not None:
        yield {"op": "test", "path": last, "value": name}


def _values(document: Json, place: Place, after: ChoiceText) -> Iterator[tuple[str, Json]]:
    fallbacks = list(after.fallbacks or ())
    if place.shape is Shape.TEXT:
        written = isinstance(_at(document, place.pointer), Mapping)
        yield f"{place.pointer}/primary" if written else place.pointer, after.primary
    elif place.shape is Shape.SPLIT:
        yield place.pointer, after.primary
        if place.fallbacks:
            yield place.fallbacks, fallbacks
    elif isinstance(_at(document, place.pointer), Mapping):
        yield f"{place.pointer}/primary", after.primary
        yield f"{place.pointer}/fallbacks", fallbacks
    else:
        yield place.pointer, {"primary": after.primary, "fallbacks": fallbacks}


def write(document: Json, pointer: str, value: Json) -> Iterator[Operation]:
    """Yield the guarded operations that write the value, together with the parents that are not there or null."""
    steps = tokens(pointer)
    depth = 1
    while depth < len(steps) and _at(document, join(steps[:depth])) is not None:
        depth += 1
    for step in reversed(steps[depth:]):
        value = {step: value}
    yield from _put(document, join(steps[:depth]), value)


def _put(document: Json, pointer: str, value: Json) -> Iterator[Operation]:
    try:
        present = get(document, pointer)
    except KeyError:
        yield {"op": "add", "path": pointer, "value": value}
        return
    yield {"op": "test", "path": pointer, "value": present}
    if present != value:
        yield {"op": "replace", "path": pointer, "value": value}


def _at(document: Json, pointer: str) -> Json:
    """Return what stands there, None where nothing does."""
    try:
        return get(document, pointer)
    except KeyError:
        return None


def _payload(job: JobFacts) -> dict[str, Json]:
    payload: dict[str, Json] = {"kind": job.payload_kind}
    if job.model is not None:
        payload["model"] = job.model
    if job.fallbacks is not None:
        payload["fallbacks"] = list(job.fallbacks)
    if job.thinking is not None:
        payload["thinking"] = job.thinking
    return payload

"""What an owner should know of a slot although no plan changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reconciler.assign.decide import Prospect
from reconciler.assign.subject import Subject
from reconciler.facts.model import UsageFacts
from reconciler.openclaw.refs import split_profile


_RUNS_AT_LEAST = 5
_FAILS_FROM = Decimal("0.2")
_UNMETERED_FROM = Decimal("0.5")
"""Below five runs, or a fifth of them failing, a failure is an accident; both are judgements."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A slot with what would do there; *twin* is the address of another job with the same prompt."""

    subject: Subject
    prospect: Prospect
    twin: str | None = None


def findings(it: Seen) -> Iterator[str]:
    """Yield what is remarkable, the gravest first."""
    subject, usage = it.subject, it.subject.usage
    if subject.secret:
        yield "its prompt holds a secret"
    if it.prospect.objection:
        yield it.prospect.objection
    yield from _overqualified(it.prospect)
    if usage:
        yield from _failing(usage)
        yield from _elsewhere(subject, usage)
        if usage.requests and Decimal(usage.unmetered) / usage.requests >= _UNMETERED_FROM:
            yield f"the host does not record the tokens of {Decimal(usage.unmetered) / usage.requests:.0%} of its requests"
    if it.twin:
        yield f"duplicate of {it.twin}"


def duplicates(subjects: Iterable[Subject]) -> Mapping[str, str]:
    """Return, by address, the first other enabled job of the same agent with the same prompt."""
    first: dict[tuple[str | None, str], str] = {}
    found: dict[str, str] = {}
    for subject in subjects:
        if not subject.slot.job_id or not subject.enabled or subject.prompt is None:
            continue
        address = subject.slot.address
        twin = first.setdefault((subject.slot.agent_id, subject.prompt), address)
        if twin != address:
            found[address] = twin
    return found


def _overqualified(prospect: Prospect) -> Iterator[str]:
    task, current = prospect.task, prospect.current
    premium = current is not None and current.tier == "premium"
    if task and premium and task.kind == "simple" and not task.rivals:
        yield "runs on a premium model, is simple"


def _failing(usage: UsageFacts) -> Iterator[str]:
    if usage.runs >= _RUNS_AT_LEAST and Decimal(usage.failed) / usage.runs >= _FAILS_FROM:
        yield f"fails {Decimal(usage.failed) / usage.runs:.0%} of its runs"


def _elsewhere(subject: Subject, usage: UsageFacts) -> Iterator[str]:
    """Tell of a slot most of whose requests ran on another model than the one that stands there."""
    slot = subject.slot
    really = max(usage.models, key=lambda ref: usage.models[ref], default=None)
    if slot.effective is None or really is None or usage.models[really] * 2 <= usage.requests:
        return
    if really == split_profile(str(slot.effective.primary))[0]:
        return
    if really in {split_profile(str(ref))[0] for ref in slot.effective.fallbacks}:
        yield f"runs on its fallback {really}"
    else:
        what = "override is ignored" if slot.configured is not None else "inherits in vain"
        yield f"{what}: runs on another model, {really}"

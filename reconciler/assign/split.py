"""Jobs whose steps need different models, and which could be two jobs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from reconciler.assign.admission import Admission
from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.need import Need, exhausted, need_of
from reconciler.assign.rank import cheaper, rank
from reconciler.assign.ruling import Ruling
from reconciler.assign.shift import shifted
from reconciler.assign.subject import judged
from reconciler.assign.wanted import Decision, Remark
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, JobFacts, PromptFacts, PromptPart
from reconciler.openclaw.host import schedule_text
from reconciler.policy.model import Policy
from reconciler.tasks.classify import Task
from reconciler.text import printable


_BETWEEN: Final = timedelta(hours=1)
"""From the first job's run to the second's; a judgement: a run takes minutes, and a slow or repeated one has room."""
_LEADS: Final = 3
_SHOWN: Final = 700  # characters; a remark names ranges, hash, models and a rule


@dataclass(frozen=True, slots=True)
class Half:
    """What would be one of the two jobs: its steps from *first* to *last*, from 1, and the model it would run on."""

    first: int
    last: int
    begin: int
    end: int
    need: Need
    model: Candidate
    saving: str | None


class Splits:
    """Says of each job whether it could be two, of which one can do with a cheaper model than the whole."""

    def __init__(self, policy: Policy, facts: Facts, catalog: Catalog) -> None:
        self._policy, self._zone = policy, facts.host.zone or "UTC"
        self._pool = Pool(policy, facts, catalog)
        self._admission = Admission(facts.host)
        self._blocked = exhausted(facts.readings, policy)
        self._jobs = {job.id: job for job in facts.host.jobs}

    def of(self, decision: Decision) -> Iterator[Remark]:
        ruling, job = decision.ruling, self._jobs.get(decision.subject.slot.job_id or "")
        if ruling is None or ruling.split != "propose" or ruling.pin or ruling.task or job is None:
            return
        if decision.outcome in {"leave", "stuck"} or decision.need is None or not job.enabled:
            return
        if job.prompt is None or job.prompt.addressed or not job.prompt.parts:
            return
        if halves := self._best(decision, decision.need, ruling, job.prompt):
            yield Remark(
                "info", printable(_words(job.prompt, halves, ruling, job, self._zone), at_most=_SHOWN)
            )

    def _best(
        self, decision: Decision, need: Need, ruling: Ruling, prompt: PromptFacts
    ) -> tuple[Half, Half] | None:
        """Return the two halves of which the cheaper one is the largest, None where no cut between steps is worth it."""
        model = self._model(decision, need)
        if model is None:
            return None
        work = _Work(decision, ruling, prompt, model)
        good = {candidate.ref for candidate in self._good(work, need)}
        found: list[tuple[Half, Half]] = []
        for cut in range(1, len(work.steps)):
            first, second = self._half(work, 0, cut), self._half(work, cut, len(work.steps))
            if first and second and _worth(first, second, good):
                found.append((first, second))
        return max(found, key=_freed, default=None)

    def _model(self, decision: Decision, need: Need) -> Candidate | None:
        effective = decision.subject.slot.effective
        ref = decision.choice[0] if decision.choice else str(effective.primary) if effective else None
        return self._pool.describe(ref, need.thinking) if ref else None

    def _good(self, work: _Work, need: Need) -> tuple[Candidate, ...]:
        return rank(
            self._pool.candidates(need.thinking),
            need,
            work.ruling,
            self._policy,
            out_of_quota=self._blocked,
            allowed=self._admission.allow_list(work.decision.subject.slot.agent_id),
        ).good

    def _half(self, work: _Work, begin: int, end: int) -> Half | None:
        """Return the half, None where its kind is in doubt, or where it can neither do with less nor with its model.

        Less will do only where each of its steps alone is of the same kind. What was measured of the whole job
        holds for each half: less is not known of either.
        """
        task, subject, model = work.task(begin, end), work.decision.subject, work.model
        if task.rivals:
            return None
        need = need_of(
            task, self._policy, thinking=subject.thinking, usage=subject.usage, verbosity=model.verbosity
        )
        good = self._good(work, need)
        saving = cheaper(model, good[0], need, self._policy) if good else None
        if saving and not work.all_of(begin, end, task):
            saving = None
        if not saving and model.ref not in {candidate.ref for candidate in good}:
            return None
        mine = work.steps[begin:end]
        return Half(begin + 1, end, mine[0].begin, mine[-1].end, need, good[0] if saving else model, saving)


@dataclass(frozen=True, slots=True)
class _Work:
    """A job with its prompt and the *model* that the whole of it runs on."""

    decision: Decision
    ruling: Ruling
    prompt: PromptFacts
    model: Candidate

    @property
    def steps(self) -> tuple[PromptPart, ...]:
        return tuple(part for part in self.prompt.parts or () if not part.shared)

    def task(self, begin: int, end: int) -> Task:
        """Judge these steps with what belongs to every step."""
        shared = [part for part in self.prompt.parts or () if part.shared]
        return judged(_together(self.prompt, [*shared, *self.steps[begin:end]]))

    def all_of(self, begin: int, end: int, task: Task) -> bool:
        """Tell whether each of these steps alone is surely of the kind of the task."""
        each = [judged(step.features) for step in self.steps[begin:end]]
        return all(alone.kind == task.kind and not alone.rivals for alone in each)


def _worth(first: Half, second: Half, good: set[str]) -> bool:
    """Tell whether one half saves what no other model for the whole job, of those that are *good* for it, could."""
    if first.need.kind == second.need.kind or bool(first.saving) == bool(second.saving):
        return False
    return (first if first.saving else second).model.ref not in good


def _freed(halves: tuple[Half, Half]) -> int:
    cheap = next(half for half in halves if half.saving)
    return cheap.end - cheap.begin


def _together(prompt: PromptFacts, parts: Iterable[PromptPart]) -> PromptFacts:
    """Return the features of a prompt that holds these parts alone."""
    words, shape = Counter[str](), Counter[str]()
    leads: dict[str, None] = {}
    chars = 0
    for part in sorted(parts, key=lambda part: part.begin):
        words.update(part.features.words)
        shape.update(part.features.shape)
        leads |= dict.fromkeys(part.features.leads)
        chars += part.features.chars
    return PromptFacts(
        sha256=prompt.sha256,
        chars=chars,
        words=dict(words),
        leads=tuple(leads)[:_LEADS],
        shape=dict(shape),
    )


def _words(prompt: PromptFacts, halves: tuple[Half, Half], ruling: Ruling, job: JobFacts, zone: str) -> str:
    """Say how the job could be two; the prompt is named by its hash, and its parts by their ranges."""
    first, second = halves
    saved = first.saving or second.saving
    later = shifted(job.schedule, _BETWEEN, zone=zone)
    when = f" with the schedule {schedule_text(later)}" if later else ""
    by = f" (rule {ruling.split_by.name}, {ruling.split_by.at})" if ruling.split_by else ""
    return (
        f"could be two jobs: {_half_words(first)}; then {_half_words(second)}{when}; "
        f"{saved} for the {'first' if first.saving else 'second'}; prompt {_short(prompt.sha256)}{by}"
    )


def _half_words(half: Half) -> str:
    steps = f"step {half.first}" if half.first == half.last else f"steps {half.first} to {half.last}"
    return f"{steps} (characters {half.begin} to {half.end}, {half.need.kind}) on {half.model.ref}"


def _short(sha256: str) -> str:
    return sha256.removeprefix("sha256:")[:12]

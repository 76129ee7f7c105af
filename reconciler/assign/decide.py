from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.assign.admission import Admission
from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.fallbacks import fallbacks_for, takes_fallbacks
from reconciler.assign.need import Need, exhausted, need_of, shortcoming
from reconciler.assign.rank import Ranking, gain, preference, rank
from reconciler.assign.ruling import Ruling, conditions, rule_on, seen
from reconciler.assign.subject import Subject
from reconciler.assign.wanted import Decision, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts
from reconciler.kinds import Kind
from reconciler.openclaw.refs import split_profile
from reconciler.openclaw.slot import SlotKind
from reconciler.policy.model import Policy
from reconciler.tasks.classify import Task


_KIND_WITHOUT_PROMPT: Mapping[SlotKind, Kind] = {SlotKind.HEARTBEAT: "simple"}


def assign(policy: Policy, facts: Facts, subjects: Iterable[Subject], catalog: Catalog) -> Wanted:
    """Work out the choice that each slot should have: the first of those that would do, slot by slot."""
    run = Assignment(policy, facts, catalog)
    return run.wanted(tuple(run.decide(subject) for subject in subjects))


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a slot's work asks for, and who would do; *task* is None where nothing is known of its work.

    *objection* tells why the *current* model should not stay, *good* are the models that the policy and the host
    allow, in the order of the policy's objective.
    """

    current: Candidate | None
    task: Task | None = None
    need: Need | None = None
    objection: str | None = None
    good: tuple[Candidate, ...] = ()


class Assignment:
    """One run's lookups; equal needs under equal rules share one ranking."""

    def __init__(self, policy: Policy, facts: Facts, catalog: Catalog) -> None:
        self._policy = policy
        self._pool = Pool(policy, facts, catalog)
        self._admission = Admission(facts.host)
        self._quota = exhausted(facts.readings, policy)
        self._holds = conditions(policy.rules, facts.readings)
        self._held = {hold.address: f"on hold: {hold.reason}" for hold in facts.holds}
        self._rankings: dict[tuple[object, ...], tuple[str, Ranking]] = {}
        self._judged: dict[tuple[str, str | None, bool], tuple[str | None, str | None]] = {}

    def wanted(self, decisions: tuple[Decision, ...]) -> Wanted:
        """Put the decisions of this run together with the rejected candidates that they name."""
        used = {decision.verdicts for decision in decisions}
        verdicts = {name: ranking.rejected for name, ranking in self._rankings.values() if name in used}
        return Wanted(decisions, verdicts)

    def decide(self, subject: Subject) -> Decision:
        if reason := _out_of_reach(subject) or self._held.get(subject.slot.address):
            return Decision(subject, "leave", reason)
        looks = subject.task.kind if subject.task else None
        ruling = rule_on(seen(subject), self._policy.rules, task=looks, holds=self._holds)
        if ruling.protected_by:
            return Decision(subject, "leave", "protected", rule=ruling.protected_by)
        subject = _thinking(subject, ruling)
        task = _task(subject, ruling)
        need = self._need(subject, task)
        undecided = Decision(subject, "keep", "", rule=ruling.task_by, need=need, task=task, ruling=ruling)
        if ruling.pin:
            return self._pinned(undecided, ruling)
        if not self._policy.providers:
            return replace(undecided, outcome="leave", reason="the policy names no providers")
        if subject.task is None and not ruling.spoken:
            return replace(undecided, outcome="leave", reason="no rule speaks of it")
        return self._chosen(undecided, need, ruling, optimise=subject.task is not None or bool(ruling.task))

    def prospect(self, subject: Subject) -> Prospect:
        """Judge a slot whether or not anything can be written to it."""
        now, agent_id = subject.slot.effective, subject.slot.agent_id
        current = self._pool.describe(str(now.primary), subject.thinking) if now else None
        looks = subject.task.kind if subject.task else None
        ruling = rule_on(seen(subject), self._policy.rules, task=looks, holds=self._holds)
        if subject.task is None and not ruling.task:
            return Prospect(current)
        subject = _thinking(subject, ruling)
        task = _task(subject, ruling)
        need = self._need(subject, task)
        _, ranking = self._ranking(need, ruling, agent_id)
        objection = self._objection(current, need, ruling, agent_id, judged=True)
        return Prospect(current, task, need, objection, ranking.good)

    def _need(self, subject: Subject, task: Task) -> Need:
        now = subject.slot.effective
        current = self._pool.describe(str(now.primary), subject.thinking) if now else None
        return need_of(
            task,
            self._policy,
            thinking=subject.thinking,
            usage=subject.usage,
            verbosity=current.verbosity if current else Decimal(1),
        )

    def _pinned(self, decision: Decision, ruling: Ruling) -> Decision:
        assert ruling.pin is not None
        pin = ruling.pin.text
        found = replace(decision, rule=ruling.pinned_by)
        slot = decision.subject.slot
        live = slot.effective.primary if slot.effective else None
        if live and pin in {str(live), live.key, live.written}:
            kept = replace(found, outcome="keep", reason="has the pinned model")
            return self._only_fallbacks(kept, (), ruling) or kept
        fallbacks = fallbacks_for(slot, pin, (), ruling, self._policy)
        return replace(found, outcome="change", reason="pinned by the policy", choice=(pin, fallbacks))

    def _chosen(self, decision: Decision, need: Need, ruling: Ruling, *, optimise: bool) -> Decision:
        slot = decision.subject.slot
        name, ranking = self._ranking(need, ruling, slot.agent_id)
        current = self._pool.describe(str(slot.effective.primary), need.thinking) if slot.effective else None
        judged = (name, current.ref if current else None, optimise)
        if judged not in self._judged:
            self._judged[judged] = self._judge(
                current, ranking, need, ruling, slot.agent_id, optimise=optimise
            )
        objection, better = self._judged[judged]
        best = ranking.good[0] if ranking.good else None
        if current and objection is None:
            if best is None or better is None or best.ref == split_profile(current.ref)[0]:
                kept = replace(decision, reason="good enough, and nothing is worth a move")
                return self._only_fallbacks(kept, ranking.good if optimise else (), ruling) or kept
            return self._changed(decision, best, ranking, ruling, name, why=better)
        if current and not _lasting(current, need, objection):
            return replace(decision, outcome="leave", reason=f"{current.ref}: {objection}")
        if best is None:
            why = f"{_stuck(current, objection)}; no model that the policy allows would do"
            return replace(decision, outcome="stuck", reason=why, verdicts=name)
        return self._changed(decision, best, ranking, ruling, name, why=_stuck(current, objection))

    def _judge(
        self,
        current: Candidate | None,
        ranking: Ranking,
        need: Need,
        ruling: Ruling,
        agent_id: str | None,
        *,
        optimise: bool,
    ) -> tuple[str | None, str | None]:
        """Tell why the slot's model cannot stay, and what the best one would win; equal slots share the answer."""
        objection = self._objection(current, need, ruling, agent_id, judged=optimise)
        best = ranking.good[0] if ranking.good else None
        judge = current and best and optimise and objection is None
        return objection, gain(current, best, need, self._policy) if judge and current and best else None

    def _ranking(self, need: Need, ruling: Ruling, agent_id: str | None) -> tuple[str, Ranking]:
        allowed = self._admission.allow_list(agent_id)
        key = (need, ruling.allow, ruling.deny, id(allowed))
        if key not in self._rankings:
            ranking = rank(
                self._pool.candidates(need.thinking),
                need,
                ruling,
                self._policy,
                out_of_quota=self._quota,
                allowed=allowed,
            )
            self._rankings[key] = (f"{need.kind}-{len(self._rankings) + 1}", ranking)
        return self._rankings[key]

    def _objection(
        self, current: Candidate | None, need: Need, ruling: Ruling, agent_id: str | None, *, judged: bool
    ) -> str | None:
        """Tell why the slot's model cannot stay; by its quality it is *judged* where the task is known."""
        if current is None:
            return "it has no model"
        reason = ruling.objection(current.ref) or self._admission.refusal(current.ref, agent_id)
        if reason := reason or self._quota.get(current.provider):
            return reason
        if not judged:
            return current.blocked
        return shortcoming(current, need, preference=preference(self._policy, ruling), settled=True)

    def _changed(
        self, decision: Decision, best: Candidate, ranking: Ranking, ruling: Ruling, name: str, *, why: str
    ) -> Decision:
        fallbacks = fallbacks_for(decision.subject.slot, best.ref, ranking.good, ruling, self._policy)
        return replace(decision, outcome="change", reason=why, choice=(best.ref, fallbacks), verdicts=name)

    def _only_fallbacks(
        self, decision: Decision, good: tuple[Candidate, ...], ruling: Ruling
    ) -> Decision | None:
        """Change what is tried after a model that stays, None where there is nothing to change.

        Where nothing is written the inherited fallbacks stand, unless the policy rules one out.
        """
        slot = decision.subject.slot
        assert slot.effective is not None
        primary = str(slot.effective.primary)
        had = tuple(str(ref) for ref in slot.effective.fallbacks if ref != slot.effective.primary)
        forbidden = [f"its fallback {ref} is {why}" for ref in had if (why := ruling.objection(ref))]
        wanted = fallbacks_for(slot, primary, good, ruling, self._policy)
        if forbidden and not takes_fallbacks(slot):
            where = f"there is no place for fallbacks of its own, they come from {slot.fallbacks_source}"
            return replace(decision, outcome="stuck", reason=f"{forbidden[0]}; {where}")
        if wanted == had or not takes_fallbacks(slot) or not (forbidden or slot.configured is not None):
            return None
        reason = "a fallback is ruled out by the policy" if forbidden else "has no fallback"
        return replace(
            decision, outcome="change", reason=reason, choice=(primary, wanted), only_fallbacks=True
        )


def _out_of_reach(subject: Subject) -> str | None:
    slot = subject.slot
    if slot.system_owned:
        return "OpenClaw made this job and manages it"
    if subject.account_owned:
        return "a chat account owns it; an edit of ours would take its permissions there away for good"
    if slot.place is None:
        return f"a {subject.payload_kind or 'slot of this kind'} has no model of its own"
    return None if subject.enabled else "disabled"


def _thinking(subject: Subject, ruling: Ruling) -> Subject:
    """Judge models at the level that the rules ask for, which the slot will have."""
    return replace(subject, thinking=ruling.thinking) if ruling.thinking else subject


def _task(subject: Subject, ruling: Ruling) -> Task:
    if ruling.task:
        tokens = subject.task.tokens if subject.task else 0
        return Task(ruling.task, ("the policy says so",), tokens)
    if subject.task:
        return subject.task
    kind = _KIND_WITHOUT_PROMPT.get(subject.slot.kind, "reasoning")
    return Task(kind, ("has no prompt of its own",))


def _lasting(current: Candidate, need: Need, objection: str | None) -> bool:
    """Tell whether the objection is more than an unknown score, or a cool-down of the host, which is over in minutes."""
    cools_down = current.passing and objection == current.blocked
    return not cools_down and (
        need.kind in current.scores or objection != f"its {need.kind} score is unknown"
    )


def _stuck(current: Candidate | None, objection: str | None) -> str:
    return f"{current.ref}: {objection}" if current else "it has no model"

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.assign.admission import Admission
from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.fallbacks import fallbacks_for, takes_fallbacks
from reconciler.assign.need import Need, exhausted, need_of, shortcoming
from reconciler.assign.options import Option, options
from reconciler.assign.rank import Ranking, preference, rank
from reconciler.assign.ruling import Ruling, conditions, covering, rule_on, seen
from reconciler.assign.subject import Subject
from reconciler.assign.wanted import Decision, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts
from reconciler.kinds import Kind
from reconciler.openclaw.refs import split_profile
from reconciler.openclaw.slot import SlotKind
from reconciler.policy.model import Policy, Rule
from reconciler.tasks.classify import Task


_KIND_WITHOUT_PROMPT: Mapping[SlotKind, Kind] = {SlotKind.HEARTBEAT: "simple"}


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


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of a slot, what its work asks for, and every candidate with what is for or against it."""

    ruling: Ruling
    task: Task
    need: Need
    ranking: Ranking


@dataclass(frozen=True, slots=True)
class Open:
    """A slot that may have any of *options*; *why* says that its model cannot stay, and for what reason.

    *name* is that of its *ranking* among the verdicts; *optimise* that its work is known.
    """

    decision: Decision
    options: tuple[Option, ...]
    ranking: Ranking
    name: str
    why: str | None = None
    optimise: bool = True


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
        self._judged: dict[tuple[str, str | None, bool], tuple[str | None, tuple[Option, ...]]] = {}

    def wanted(self, decisions: tuple[Decision, ...]) -> Wanted:
        """Put the decisions of this run together with the rejected candidates that they name."""
        used = {decision.verdicts for decision in decisions}
        verdicts = {name: ranking.rejected for name, ranking in self._rankings.values() if name in used}
        return Wanted(decisions, verdicts)

    def decide(self, subject: Subject) -> Decision:
        """Decide a slot without a look at the others: the first that may stand in it."""
        judged = self.judge(subject)
        return self.take(judged, judged.options[0]) if isinstance(judged, Open) else judged

    def judge(self, subject: Subject) -> Decision | Open:
        """Decide a slot by itself, or return what it may have."""
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
        judged = self.judged(subject)
        if subject.task is None and not judged.ruling.task:
            return Prospect(current)
        objection = self._objection(current, judged.need, judged.ruling, agent_id, judged=True)
        return Prospect(current, judged.task, judged.need, objection, judged.ranking.good)

    def judged(self, subject: Subject) -> Judgement:
        """Judge a slot as if nothing were in the way: no hold, no protection, no want of a place to write to."""
        looks = subject.task.kind if subject.task else None
        ruling = rule_on(seen(subject), self._policy.rules, task=looks, holds=self._holds)
        subject = _thinking(subject, ruling)
        task = _task(subject, ruling)
        need = self._need(subject, task)
        _, ranking = self._ranking(need, ruling, subject.slot.agent_id)
        return Judgement(ruling, task, need, ranking)

    def rules(self, subject: Subject, ruling: Ruling) -> tuple[tuple[Rule, bool], ...]:
        """Return the rules whose `match` covers a slot, in order, and whether the condition of each is met."""
        task = ruling.task or (subject.task.kind if subject.task else None)
        return tuple(covering(seen(subject), self._policy.rules, task=task, holds=self._holds))

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

    def _chosen(self, decision: Decision, need: Need, ruling: Ruling, *, optimise: bool) -> Decision | Open:
        slot = decision.subject.slot
        name, ranking = self._ranking(need, ruling, slot.agent_id)
        current = self._pool.describe(str(slot.effective.primary), need.thinking) if slot.effective else None
        judged = (name, current.ref if current else None, optimise)
        if judged not in self._judged:
            self._judged[judged] = self._judge(
                current, ranking, need, ruling, slot.agent_id, optimise=optimise
            )
        objection, found = self._judged[judged]
        if current and objection and not _lasting(current, need, objection):
            return replace(decision, outcome="leave", reason=f"{current.ref}: {objection}")
        if not found:
            why = f"{_stuck(current, objection)}; no model that the policy allows would do"
            return replace(decision, outcome="stuck", reason=why, verdicts=name)
        reason = _stuck(current, objection) if objection or current is None else None
        return Open(decision, found, ranking, name, why=reason, optimise=optimise)

    def take(self, it: Open, option: Option, *, crowded: str | None = None) -> Decision:
        """Decide an open slot for one of its options; *crowded* says why it is not its first one."""
        assert it.decision.ruling is not None
        good = it.ranking.good
        if option.stays:
            reason = f"stays, since {crowded}" if crowded else "good enough, and nothing is worth a move"
            kept = replace(it.decision, reason=reason)
            return self._only_fallbacks(kept, good if it.optimise else (), it.decision.ruling) or kept
        why = "; ".join(filter(None, (it.why or option.why, crowded)))
        return self._changed(it.decision, option.candidate, it.ranking, it.decision.ruling, it.name, why=why)

    def weaker(self, it: Open) -> tuple[tuple[Candidate, Decimal], ...]:
        """Return the models that would do in an open slot but for their score, and what is missing of it."""
        need, ruling = it.decision.need, it.decision.ruling
        assert need is not None
        assert ruling is not None
        agent_id = it.decision.subject.slot.agent_id
        found = []
        for candidate in self._pool.candidates(need.thinking):
            score = candidate.scores.get(need.kind)
            if score is None or score >= need.threshold:
                continue
            lower = replace(need, threshold=score)
            reason = (
                ruling.objection(candidate.ref)
                or self._admission.refusal(candidate.ref, agent_id)
                or self._quota.get(candidate.provider)
                or shortcoming(candidate, lower, preference=preference(self._policy, ruling))
            )
            if reason is None:
                found.append((candidate, need.threshold - score))
        return tuple(sorted(found, key=lambda each: (each[1], each[0].ref)))

    def _judge(
        self,
        current: Candidate | None,
        ranking: Ranking,
        need: Need,
        ruling: Ruling,
        agent_id: str | None,
        *,
        optimise: bool,
    ) -> tuple[str | None, tuple[Option, ...]]:
        """Tell why the slot's model cannot stay, and what could stand there; equal slots share the answer."""
        objection = self._objection(current, need, ruling, agent_id, judged=optimise)
        if current is None or objection:
            return objection, options(None, ranking.good, need, self._policy)
        bare = split_profile(current.ref)[0]
        others = tuple(each for each in ranking.good if each.ref != bare)
        return objection, options(current, others, need, self._policy, tied=not optimise)

    def _ranking(self, need: Need, ruling: Ruling, agent_id: str | None) -> tuple[str, Ranking]:
        allowed = self._admission.allow_list(agent_id)
        key = (need, *ruling.about_models, id(allowed))
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
        slot, good = decision.subject.slot, ranking.good
        if ruling.to and decision.need:  # what is tried after it may be of any provider
            good = self._ranking(decision.need, replace(ruling, to=None), slot.agent_id)[1].good
        fallbacks = fallbacks_for(slot, best.ref, good, ruling, self._policy)
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
        forbidden = [
            f"its fallback {ref} is {why}" for ref in had if (why := ruling.objection(ref, fallback=True))
        ]
        wanted = fallbacks_for(slot, primary, good, ruling, self._policy)
        if forbidden and not takes_fallbacks(slot):
            where = f"there is no place for fallbacks of its own, they come from {slot.fallbacks_source}"
            return replace(decision, outcome="stuck", reason=f"{forbidden[0]}; {where}")
        if wanted == had or not takes_fallbacks(slot) or not (forbidden or slot.configured is not None):
            return None
        reason = "a fallback is ruled out by the policy" if forbidden else "has no fallback"
        if forbidden and ruling.bars:
            reason = forbidden[0]
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

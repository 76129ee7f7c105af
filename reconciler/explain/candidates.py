from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.decide import Judgement
from reconciler.assign.wanted import Decision, Wanted
from reconciler.explain.model import Considered, Verdict
from reconciler.explain.quota import Shared
from reconciler.openclaw.refs import split_profile


_SMALL = Decimal("0.000001")
_WOULD_DO = "would do"


def considered(
    decision: Decision, judged: Judgement, wanted: Wanted, pool: Pool, shared: Shared | None
) -> Iterator[Considered]:
    """Yield every candidate with its verdict: the model that the slot ends with, its fallbacks, then the others.

    What the plan says of a candidate stands before what its need and the rules alone say. *shared* tells what each
    does to the quotas; it is None where no quota is known well enough.
    """
    ends = _ends(decision, judged, wanted, shared)
    good = (candidate.ref for candidate in judged.ranking.good)
    now = [] if ends.now is None else [ends.now]
    order = dict.fromkeys(
        [*([ends.model] if ends.model else []), *ends.fallbacks, *good, *ends.reasons, *now]
    )
    for ref in order:
        verdict, reason = ends.verdict(ref)
        candidate = pool.describe(ref, judged.need.thinking)
        quality = candidate.scores.get(judged.need.kind)
        yield Considered(
            model=ref,
            verdict=verdict,
            reason=reason,
            current=ref == ends.now,
            tier=candidate.tier,
            quality=quality,
            above=None if quality is None else quality - judged.need.threshold,
            context=candidate.context,
            usd_a_run=_usd(candidate, judged),
            quota_effect=tuple(shared.effects(candidate)) if shared and verdict != "ruled-out" else (),
        )


@dataclass(frozen=True, slots=True)
class _Ends:
    """What the slot has *now* and ends with: *model* and *fallbacks*, and what is said of the other candidates."""

    decision: Decision
    now: str | None
    model: str | None
    fallbacks: tuple[str, ...]
    good: frozenset[str]
    reasons: dict[str, str]

    def verdict(self, ref: str) -> tuple[Verdict, str]:
        if ref == self.model:
            return ("stays" if ref == self.now else "chosen"), self._ending()
        said = self.reasons.get(ref) or (self._best() if ref in self.good else self._unlisted(ref))
        if ref in self.fallbacks:
            return "fallback", f"fallback {self.fallbacks.index(ref) + 1}, {said}"
        return "would-do" if said.startswith(_WOULD_DO) else "ruled-out", said

    def _ending(self) -> str:
        only = self.decision.only_fallbacks
        return "good enough, and only what is tried after it changes" if only else self.decision.reason

    def _best(self) -> str:
        kept = self.decision.outcome == "keep" or self.decision.only_fallbacks
        return "would do best, but is not worth a move" if kept else "would do best"

    def _unlisted(self, ref: str) -> str:
        """Tell why a model that stands in the slot is no candidate at all."""
        moved = self.decision.outcome == "change" and self.decision.reason.startswith(f"{ref}: ")
        if moved:
            return self.decision.reason.removeprefix(f"{ref}: ")
        return "the policy does not offer it"


def _ends(decision: Decision, judged: Judgement, wanted: Wanted, shared: Shared | None) -> _Ends:
    effective = decision.subject.slot.effective
    now = split_profile(str(effective.primary))[0] if effective else None
    had = tuple(split_profile(str(ref))[0] for ref in effective.fallbacks) if effective else ()
    model, fallbacks = decision.choice or (now, had)
    good = judged.ranking.good
    plan = dict(wanted.verdicts.get(decision.verdicts or "", ()))
    return _Ends(
        decision=decision,
        now=now,
        model=model,
        fallbacks=tuple(ref for ref in fallbacks if ref != model),
        good=frozenset(candidate.ref for candidate in good),
        reasons={**dict(judged.ranking.rejected), **plan, **(shared.crowded() if shared else {})},
    )


def _usd(candidate: Candidate, judged: Judgement) -> Decimal | None:
    """Return USD for a run at list prices; an owner's own server asks for none."""
    cost = Decimal(0) if candidate.local else candidate.cost(judged.need.load)
    return None if cost is None else cost.quantize(_SMALL)

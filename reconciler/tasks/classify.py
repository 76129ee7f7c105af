from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reconciler.kinds import KINDS, Kind
from reconciler.tasks.features import features
from reconciler.tasks.grams import grams, wording
from reconciler.tasks.signals import Signals, signals_of
from reconciler.tasks.weights import Profile, Weights, weights


Difficulty = Literal["low", "medium", "high"]
DOUBTFUL_BELOW = Decimal("0.60")
"""Below this confidence the kind is in doubt; half of such prompts were misjudged in cross-validation, of the others one in ten."""
_EVIDENCE_AT_MOST = 4
_UNWORDED = (0, 0, 0, 0)
_NOTHING_KNOWN = Decimal("0.25")
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Task:
    """What a slot's prompt asks for, and the words and counts that decided.

    *evidence* is in the order of its weight, in log-odds of the kind against the next best one.
    *confidence* is the share of the kind among all four, 0 to 1; *rival* is the next best kind, which
    counts where the confidence is low; *besides* are kinds that it certainly is as well. A prompt that is *addressed* to its judge is not believed.
    """

    kind: Kind
    evidence: tuple[str, ...]
    tokens: int = 0
    difficulty: Difficulty | None = None
    confidence: Decimal | None = None
    rival: Kind | None = None
    addressed: bool = False
    tools: bool = False
    vision: bool = False
    besides: tuple[Kind, ...] = ()

    @property
    def rivals(self) -> tuple[Kind, ...]:
        """Return the kinds that it may be as well, whose thresholds count too."""
        if self.addressed:
            return KINDS
        doubted = (self.rival,) if self.rival and _doubtful(self.confidence) else ()
        return (*self.besides, *doubted)


def classify(signals: Signals, profile: Profile = "scheduled") -> Task:
    """Weigh the signals of a prompt; text that names its own kind cannot make it simple."""
    return judge(signals, weights(profile))


def judge_text(text: str, using: Weights) -> Task:
    """Weigh a text that is at hand: its signals, and its wording where the weights know any."""
    worded = wording(grams(text), using.grams) if using.grams else _UNWORDED
    return judge(signals_of(text), using, worded)


def judge(signals: Signals, using: Weights, worded: tuple[int, int, int, int] = _UNWORDED) -> Task:
    """Weigh the signals with given weights; *worded* is what the wording adds to each kind, in thousandths."""
    found = features(signals)
    gains = {name: using.kinds[name] for name in found if name in using.kinds}
    scores = _scores(found, gains, worded)
    order = sorted(range(4), key=lambda kind: (-scores[kind], kind))
    if signals.addressed:
        order.remove(KINDS.index("simple"))
    best, second = order[:2]
    told = bool(signals.words or signals.shape)
    confidence = _share(scores, best) if told else _NOTHING_KNOWN
    if worded != _UNWORDED:
        found, gains = {**found, "wording": 1}, {**gains, "wording": worded}
    evidence = _evidence(found, gains, best, second) if told else ()
    return Task(
        kind=KINDS[best],
        evidence=(*evidence, *_remarks(signals, confidence, KINDS[second])) or ("nothing in it decides",),
        tokens=signals.tokens,
        difficulty=_difficulty(found, using),
        confidence=confidence,
        rival=KINDS[second],
        addressed=signals.addressed,
        tools=_holds(found, "tool", "run", "fetch", "script"),
        vision=_holds(found, "picture"),
    )


def _scores(
    found: Mapping[str, int],
    gains: Mapping[str, tuple[int, int, int, int]],
    worded: tuple[int, int, int, int],
) -> list[int]:
    """Add up what each feature says for each of the four kinds, in thousandths of log-odds."""
    first, second, third, fourth = worded
    for name, gain in gains.items():
        count = found[name]
        first += gain[0] * count
        second += gain[1] * count
        third += gain[2] * count
        fourth += gain[3] * count
    return [first, second, third, fourth]


def hardness(found: Mapping[str, int], using: Weights) -> int:
    """Return how hard the prompt is, in thousandths of a level: 0 is low, 2,000 high."""
    return sum(using.difficulty.get(name, 0) * count for name, count in found.items())


def _difficulty(found: Mapping[str, int], using: Weights) -> Difficulty:
    value = hardness(found, using)
    if value < using.low_below:
        return "low"
    return "high" if value >= using.high_from else "medium"


def _share(scores: list[int], kind: int) -> Decimal:
    top = max(scores)
    raised = [math.exp((score - top) / 1000) for score in scores]
    return Decimal(raised[kind] / sum(raised)).quantize(_HUNDREDTH)


def _doubtful(confidence: Decimal | None) -> bool:
    return confidence is not None and confidence < DOUBTFUL_BELOW


def _holds(found: Mapping[str, int], *concepts: str) -> bool:
    return any(f"concept {concept}" in found for concept in concepts)


def _remarks(signals: Signals, confidence: Decimal, rival: Kind) -> Iterator[str]:
    if signals.addressed:
        yield "the text speaks to its judge, so the highest threshold counts"
    elif _doubtful(confidence):
        yield f"in doubt, so the threshold of {rival} counts too"


def _evidence(
    found: Mapping[str, int], kinds: Mapping[str, tuple[int, int, int, int]], best: int, second: int
) -> Iterator[str]:
    gains: dict[str, int] = {}
    for name, count in found.items():
        if name in kinds and name != "always":
            gains[name] = (kinds[name][best] - kinds[name][second]) * count
    decisive = sorted(
        ((gain, name) for name, gain in gains.items() if gain > 0), key=lambda it: (-it[0], it[1])
    )
    for gain, name in decisive[:_EVIDENCE_AT_MOST]:
        yield f"{_readable(name, found[name])} {_log_odds(gain)}"


def _log_odds(thousandths: int) -> str:
    """Write a positive weight with two places, halves to the even; a decimal would do it ten times slower."""
    hundredths, rest = divmod(thousandths, 10)
    hundredths += rest > 5 or (rest == 5 and hundredths % 2)  # noqa: PLR2004  half of ten
    return f"+{hundredths // 100}.{hundredths % 100:02}"


def _readable(name: str, count: int) -> str:
    shown = name.removeprefix("concept ").removeprefix("word ")
    return f"{shown} x{count}" if count > 1 else shown

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.catalog.model import KINDS, Kind
from reconciler.tasks.signals import Signals, kind_of


_COUNTED_AT_MOST = 3
_WITHOUT_EVIDENCE: Kind = "reasoning"


@dataclass(frozen=True, slots=True)
class Task:
    """What a slot's prompt asks for, and the words that decided."""

    kind: Kind
    evidence: tuple[str, ...]
    tokens: int = 0


def classify(signals: Signals) -> Task:
    """Choose the kind with the most keyword hits; without any, the prompt is taken for reasoning.

    A word counts at most three times, so that a prompt cannot shout. On a tie the more demanding
    kind wins, in the order coding, reasoning, creative, simple.
    """
    scores = dict.fromkeys(KINDS, 0)
    for word, count in signals.words.items():
        if kind := kind_of(word):
            scores[kind] += min(count, _COUNTED_AT_MOST)
    best = max(KINDS, key=lambda kind: scores[kind])
    if scores[best] == 0:
        return Task(_WITHOUT_EVIDENCE, ("no keyword decides, so taken for reasoning",), signals.tokens)
    return Task(best, tuple(_evidence(signals.words, best)), signals.tokens)


def _evidence(words: Mapping[str, int], kind: Kind) -> Iterator[str]:
    decisive = [(count, word) for word, count in words.items() if kind_of(word) == kind]
    for count, word in sorted(decisive, key=lambda item: (-item[0], item[1])):
        yield word if count == 1 else f"{word} x{count}"

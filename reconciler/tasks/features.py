from __future__ import annotations

from collections.abc import Iterator

from reconciler.tasks.lexicon import lexicon
from reconciler.tasks.signals import Signals


_COUNTED_AT_MOST = 3
_LENGTHS = (0, 80, 160, 320, 640, 1_300, 3_000)
_SHAPE_STEPS = (1, 3, 8)


def features(signals: Signals) -> dict[str, int]:
    """Return what the weights are multiplied with: names and small numbers.

    A word counts once and a concept at most three times, by its different words, so that a prompt
    cannot shout. Lengths and shapes count by steps, so that none grows without end.
    """
    return {
        **{f"word {word}": 1 for word in signals.words},
        **_concepts(signals),
        **_leads(signals),
        **dict(_shape(signals)),
        **{f"{least} characters or more": 1 for least in _LENGTHS if least and signals.chars >= least},
        "always": 1,
    }


def _concepts(signals: Signals) -> dict[str, int]:
    found: dict[str, int] = {}
    known = lexicon().concepts
    for word in signals.words:
        for concept in known.get(word, ()):
            name = f"concept {concept}"
            found[name] = min(found.get(name, 0) + 1, _COUNTED_AT_MOST)
    return found


def _leads(signals: Signals) -> dict[str, int]:
    known = lexicon().concepts
    first = {f"begins with {concept}": 1 for word in signals.leads[:1] for concept in known.get(word, ())}
    early = {f"soon {concept}": 1 for word in signals.leads[1:] for concept in known.get(word, ())}
    return {**first, **early}


def _shape(signals: Signals) -> Iterator[tuple[str, int]]:
    for name, count in signals.shape.items():
        for least in _SHAPE_STEPS:
            if count >= least:
                yield f"{name} x{least}", 1
    if not signals.words:
        yield "no word of ours", 1

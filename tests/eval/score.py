from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.kinds import KINDS
from tests.labels import Labelled


LEVELS = ("low", "medium", "high")


@dataclass(frozen=True)
class Judged:
    """A labelled prompt, the kind and level that we gave it, and how hard we found it."""

    label: Labelled
    kind: str
    level: str
    hardness: int


def accuracy(judged: Sequence[Judged]) -> float:
    return sum(it.kind == it.label.kind for it in judged) / len(judged)


def lenient(judged: Sequence[Judged]) -> float:
    return sum(it.kind in {it.label.kind, it.label.other} for it in judged) / len(judged)


def macro_f1(judged: Sequence[Judged]) -> float:
    """Return the mean over the kinds that are labelled of the harmonic mean of precision and recall."""
    kinds = {it.label.kind for it in judged}
    found = []
    for kind in kinds:
        both = sum(it.kind == kind == it.label.kind for it in judged)
        found.append(2 * both / sum((it.kind == kind) + (it.label.kind == kind) for it in judged))
    return sum(found) / len(found)


def high_called_low(judged: Sequence[Judged]) -> float:
    high = [it for it in judged if it.label.difficulty == "high"]
    return sum(it.level == "low" for it in high) / max(1, len(high))


def low_called_high(judged: Sequence[Judged]) -> float:
    low = [it for it in judged if it.label.difficulty == "low"]
    return sum(it.level == "high" for it in low) / max(1, len(low))


def rank_correlation(judged: Sequence[Judged]) -> float:
    """Return Spearman's coefficient of our hardness and the labelled level, ties at their mean rank."""
    ours = _ranks([it.hardness for it in judged])
    theirs = _ranks([LEVELS.index(it.label.difficulty) for it in judged])
    middle = (len(judged) + 1) / 2
    product = sum((a - middle) * (b - middle) for a, b in zip(ours, theirs, strict=True))
    spread = sum((a - middle) ** 2 for a in ours) * sum((b - middle) ** 2 for b in theirs)
    return float(product / spread**0.5) if spread else 0.0


def _ranks(values: Sequence[int]) -> list[float]:
    counts, below, rank = Counter(values), 0, {}
    for value in sorted(counts):
        rank[value] = below + (counts[value] + 1) / 2
        below += counts[value]
    return [rank[value] for value in values]


def table(judged: Sequence[Judged], by: Callable[[Labelled], str]) -> Iterator[str]:
    """Yield a line for each source or language."""
    for name in sorted({by(it.label) for it in judged}):
        part = [it for it in judged if by(it.label) == name]
        yield (
            f"  {name:<20} {len(part):>4}  accuracy {accuracy(part):6.1%}  lenient {lenient(part):6.1%}"
            f"  macro-F1 {macro_f1(part):.2f}"
        )


def confusion(judged: Iterable[Judged]) -> Iterator[str]:
    """Yield the confusion matrix: a line for each labelled kind, a column for each that we gave."""
    counts = Counter((it.label.kind, it.kind) for it in judged)
    yield "  " + " " * 11 + "".join(f"{kind:>11}" for kind in KINDS)
    for kind in KINDS:
        yield f"  {kind:<11}" + "".join(f"{counts[kind, given]:>11}" for given in KINDS)

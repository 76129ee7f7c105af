"""Print how well tasks are judged.

`python -m tests.eval.tasks` cross-validates on the labels of tests/data: whole owners are held out of the
scheduled jobs, fifths of the published sets. `python -m tests.eval.tasks FILE.jsonl` scores the shipped
weights on any other file of labels, with nothing fitted to it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reconciler.tasks.classify import hardness, judge_text
from reconciler.tasks.features import features
from reconciler.tasks.signals import signals_of
from reconciler.tasks.weights import Profile, Weights, read, weights
from tests.eval import score
from tests.eval.score import Judged
from tests.labels import Labelled, read_labels


Judge = Callable[[Sequence[Labelled]], list[Judged]]


def main(arguments: Sequence[str]) -> None:
    if arguments:
        labels = read_labels(Path(arguments[0]))
        judged = [judged_by(label, weights(profile_of(label))) for label in labels]
        print(f"shipped weights on {arguments[0]}")
    else:
        labels = read_labels()
        judged = list(cross_validated(labels))
        print("cross-validated on tests/data/tasks/prompts.jsonl")
    for line in report(judged):
        print(line)
    print(f"time per prompt: {_milliseconds(labels):.2f} ms (bar: at most 1)")


def profile_of(label: Labelled) -> Profile:
    return "scheduled" if label.scheduled else "interactive"


def judged_by(label: Labelled, using: Weights) -> Judged:
    task = judge_text(label.prompt, using)
    return Judged(
        label, task.kind, task.difficulty or "", hardness(features(signals_of(label.prompt)), using)
    )


def cross_validated(labels: Sequence[Labelled]) -> Iterator[Judged]:
    """Judge each prompt by weights that were made without its owner, or without its fifth of the sets."""
    from tests.train.model import rows_of, train

    rows = rows_of(labels)
    for fold in sorted({label.fold for label in labels}):
        held_out = [label for label in labels if label.fold == fold]
        profile = profile_of(held_out[0])
        using = read(*train([row for row in rows if row.label.fold != fold], profile))
        yield from (judged_by(label, using) for label in held_out)


def report(judged: Sequence[Judged]) -> Iterator[str]:
    for title, part in (
        (
            "scheduled jobs (bars: accuracy 85 %, macro-F1 0.80, each language 75 %)",
            [it for it in judged if it.label.scheduled],
        ),
        ("published sets (bar: accuracy 85 %)", [it for it in judged if not it.label.scheduled]),
    ):
        if not part:
            continue
        yield title
        yield from score.table(part, lambda _: "all")
        yield from score.table(part, lambda label: label.lang)
        yield from score.table(part, lambda label: label.source)
        yield from score.confusion(part)
        yield from _difficulty(part)
    yield "all (bars: high called low 3 %, rank correlation 0.70)"
    yield from _difficulty(judged)


def _difficulty(judged: Sequence[Judged]) -> Iterator[str]:
    yield (
        f"  difficulty: high called low {score.high_called_low(judged):.1%},"
        f" low called high {score.low_called_high(judged):.1%},"
        f" rank correlation {score.rank_correlation(judged):.2f}"
    )


def _milliseconds(labels: Sequence[Labelled]) -> float:
    begin = time.perf_counter()
    for label in labels:
        judge_text(label.prompt, weights(profile_of(label)))
    return (time.perf_counter() - begin) / len(labels) * 1000


if __name__ == "__main__":
    main(sys.argv[1:])

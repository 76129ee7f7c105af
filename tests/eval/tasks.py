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
from tests.eval.score import Judged, accuracy
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
        print(set_by_set(labels))
        print("cross-validated on tests/data/tasks/prompts.jsonl")
    for line in report(judged):
        print(line)
    print(f"time per prompt: {milliseconds(labels):.2f} ms (bar: at most 1)")


def profile_of(label: Labelled) -> Profile:
    return "scheduled" if label.scheduled else "interactive"


def judged_by(label: Labelled, using: Weights) -> Judged:
    task = judge_text(label.prompt, using)
    return Judged(
        label, task.kind, task.difficulty or "", hardness(features(signals_of(label.prompt)), using)
    )


def set_by_set(labels: Sequence[Labelled]) -> str:
    """Say how well each published set is judged by weights that were made without any row of it."""
    sets = [label for label in labels if not label.scheduled]
    judged = list(cross_validated(labels, asked=sets, held_together=lambda label: label.source))
    each = {
        source: accuracy([it for it in judged if it.label.source == source])
        for source in sorted({label.source for label in sets})
    }
    listed = ", ".join(f"{source} {share:.0%}" for source, share in each.items())
    return f"published sets, each held out whole: accuracy {accuracy(judged):.1%} ({listed})"


def cross_validated(
    labels: Sequence[Labelled],
    *,
    asked: Sequence[Labelled] = (),
    held_together: Callable[[Labelled], str] = lambda label: label.fold,
) -> Iterator[Judged]:
    """Judge each prompt by weights that were made without what is held out together with it.

    That is its owner, or its fifth of the sets, unless *held_together* names something else; of the
    labels only those *asked* for are judged, or all.
    """
    from tests.train.model import rows_of, train

    rows = rows_of(labels)
    for fold in sorted({held_together(label) for label in asked or labels}):
        held_out = [label for label in labels if held_together(label) == fold]
        profile = profile_of(held_out[0])
        using = read(*train([row for row in rows if held_together(row.label) != fold], profile))
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
        yield from _apart(part)
        yield from _difficulty(part)
    yield "all (bars: high called low 3 %, rank correlation 0.70)"
    yield from _difficulty(judged)


def _apart(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield the confusion of each source and language where there are several."""
    for by in (lambda label: label.source, lambda label: label.lang):
        names = sorted({by(it.label) for it in judged})
        for name in names if len(names) > 1 else ():
            yield f"  {name}"
            yield from score.confusion([it for it in judged if by(it.label) == name])


def _difficulty(judged: Sequence[Judged]) -> Iterator[str]:
    yield (
        f"  difficulty: high called low {score.high_called_low(judged):.1%},"
        f" low called high {score.low_called_high(judged):.1%},"
        f" rank correlation {score.rank_correlation(judged):.2f}"
    )


def milliseconds(labels: Sequence[Labelled]) -> float:
    begin = time.perf_counter()
    for label in labels:
        judge_text(label.prompt, weights(profile_of(label)))
    return (time.perf_counter() - begin) / len(labels) * 1000


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python -m tests.bench.tasks FILE.jsonl` scores the shipped weights on any labels, with nothing fitted to them."""

from __future__ import annotations

import sys

from tests.bench.measure import line
from tests.eval.score import accuracy, high_called_low, macro_f1, rank_correlation
from tests.eval.tasks import cross_validated, main
from tests.labels import read_labels


def bench() -> None:
    """Print the cross-validated figures against their bars."""
    judged = list(cross_validated(read_labels()))
    jobs = [it for it in judged if it.label.scheduled]
    sets = [it for it in judged if not it.label.scheduled]
    for what, found, bar, text in (
        ("kind of scheduled jobs, accuracy", accuracy(jobs), 0.85, "85 %"),
        ("kind of scheduled jobs, macro-F1", macro_f1(jobs), 0.80, "80 %"),
        ("kind of the prompts of published sets, accuracy", accuracy(sets), 0.85, "85 %"),
        ("rank correlation of difficulty", rank_correlation(judged), 0.70, "70 %"),
    ):
        line(what, f"{found:.1%}", f"at least {text}", met=found >= bar)
    wrong = high_called_low(judged)
    line("high difficulty called low", f"{wrong:.1%}", "at most 3 %", met=wrong <= 0.03)


if __name__ == "__main__":
    main(sys.argv[1:])

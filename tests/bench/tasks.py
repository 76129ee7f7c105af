"""`python -m tests.bench.tasks FILE.jsonl` scores the shipped weights on any labels, with nothing fitted to them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measure import line
from tests.eval.picture import confusion_svg
from tests.eval.score import Judged, accuracy, high_called_low, macro_f1, rank_correlation
from tests.eval.tasks import cross_validated, main, milliseconds, set_by_set
from tests.labels import Labelled, read_labels


ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "tasks-confusion.svg"
STARTS = 9
LITELLM = ROOT / ".cache" / "litellm" / "bin" / "python"


def bench() -> None:
    """Print the cross-validated figures against their bars, beside a peer's, and draw where we err."""
    labels = read_labels()
    judged = list(cross_validated(labels))
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
    for language in sorted({it.label.lang for it in jobs}):
        found = accuracy([it for it in jobs if it.label.lang == language])
        line(f"kind of scheduled jobs, {language}", f"{found:.1%}", "at least 75 %", met=found >= 0.75)
    _times(labels)
    print(set_by_set(labels))
    beside_litellm(labels)
    PICTURE.write_text(confusion_svg({"Scheduled jobs": jobs, "Published sets": sets}), encoding="utf-8")


def _times(labels: Sequence[Labelled]) -> None:
    """Print the time per prompt with everything loaded, and the start-up: the median of fresh processes."""
    each = milliseconds(labels)
    line("time per prompt", f"{each:.2f} ms", "at most 1 ms", met=each <= 1)
    begun = statistics.median(_start_up() for _ in range(STARTS))
    line("start-up, both profiles", f"{begun:.0f} ms", "at most 30 ms", met=begun <= 30)


def _start_up() -> float:
    command = [sys.executable, "-m", "tests.bench.first_judgement"]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def beside_litellm(labels: Sequence[Labelled]) -> None:
    """Print what LiteLLM's rules make of the same prompts; its request types and tiers are read as our kinds and levels."""
    said = json.loads(
        subprocess.run(
            [LITELLM, "-P", ROOT / "tests" / "bench" / "peer_litellm.py"],
            input=json.dumps([label.prompt for label in labels]),
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    answers = zip(labels, said["kinds"], said["levels"], said["hardness"], strict=True)
    judged = [Judged(*answer) for answer in answers]
    for title, part in (
        ("scheduled jobs", [it for it in judged if it.label.scheduled]),
        ("published sets", [it for it in judged if not it.label.scheduled]),
    ):
        print(
            f"LiteLLM on {title}: adaptive router's kinds {accuracy(part):.1%}, macro-F1 {macro_f1(part):.2f};"
            f" complexity router calls {high_called_low(part):.1%} of high difficulty low,"
            f" rank correlation {rank_correlation(part):.2f}"
        )
    adaptive, complexity = said["milliseconds"]
    print(f"LiteLLM's time per prompt: {adaptive:.2f} ms adaptive, {complexity:.2f} ms complexity")


if __name__ == "__main__":
    main(sys.argv[1:])

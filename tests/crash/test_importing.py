from __future__ import annotations

import subprocess
import sys
from pathlib import Path


CHECKOUT = Path(__file__).parents[2]


def run(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.importing", *map(str, arguments)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return done.stdout


def test_an_import_that_is_killed_200_times_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    killed = int(run(tmp_path, "kill", "240"))

    assert 200 <= killed


def test_two_imports_at_once_count_everything_once(tmp_path: Path) -> None:
    run(tmp_path, "race", "20")

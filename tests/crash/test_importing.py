from __future__ import annotations

import os
import select
import signal
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


def test_the_readers_of_an_import_that_is_killed_end_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crash.importing", tmp_path, "wait", "1"]
    with subprocess.Popen(list(map(str, command)), cwd=CHECKOUT, stdout=subprocess.PIPE) as importing:
        assert importing.stdout
        readers = [os.pidfd_open(int(pid)) for pid in importing.stdout.readline().split()]
        importing.send_signal(signal.SIGKILL)

    try:
        assert readers
        for reader in readers:
            assert select.select([reader], [], [], 30)[0]
    finally:
        for reader in readers:
            os.close(reader)

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.apply.lock import held
from reconciler.errors import Locked, ReconcilerError


CHECKOUT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from reconciler.apply.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_is_held_once_and_names_its_owner(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(Locked, match=rf"\(process {os.getpid()}\)"), held(tmp_path):
        pass


def test_the_lock_is_free_afterwards(tmp_path: Path) -> None:
    with held(tmp_path):
        pass

    with held(tmp_path):
        assert f"{os.getpid()}\n" == (tmp_path / "lock").read_text()


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(tmp_path):
        raise ZeroDivisionError

    with held(tmp_path):
        pass


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        env={"PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert "held\n" == holder.stdout.readline()
        with pytest.raises(Locked), held(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        with held(tmp_path):
            pass


def test_a_lock_that_cannot_be_opened_is_explained(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()

    with pytest.raises(ReconcilerError, match=f"cannot open the lock {tmp_path / 'lock'}"), held(tmp_path):
        pass


def test_an_owner_of_strange_letters_is_still_an_owner(tmp_path: Path) -> None:
    with held(tmp_path):
        (tmp_path / "lock").write_bytes(b"\xff\xfe")

        with pytest.raises(Locked, match="another tactician is applying"), held(tmp_path):
            pass

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.ledger.records import Records
from reconciler.ledger.store import FILE, opened


def test_a_new_ledger_is_for_our_eyes_only(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    old = os.umask(0)
    try:
        with opened(state, create=True) as ledger:
            assert ledger
            ledger.execute("INSERT INTO records VALUES ('1', 'h', 'p', 't', '{}')")
            modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    finally:
        os.umask(old)

    assert 0o700 == state.stat().st_mode & 0o777
    assert {FILE: 0o600, f"{FILE}-wal": 0o600, f"{FILE}-shm": 0o600} == modes


def test_without_leave_to_create_there_is_none(tmp_path: Path) -> None:
    with opened(tmp_path, create=False) as ledger:
        assert ledger is None

    assert [] == list(tmp_path.iterdir())


def test_what_was_written_survives_the_connection(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        ledger.execute("INSERT INTO records VALUES ('1', 'h', 'p', 't', '{}')")

    with opened(tmp_path, create=False) as again:
        assert again
        assert [("1",)] == again.execute("SELECT id FROM records").fetchall()
        assert (2,) == again.execute("PRAGMA synchronous").fetchone()


def test_a_ledger_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        ledger.execute("PRAGMA user_version = 99")

    with (
        pytest.raises(ReconcilerError, match=r"written by a newer tactician \(format 99\)") as caught,
        opened(tmp_path, create=True),
    ):
        pass

    assert "update tactician" == caught.value.hint
    with closing(sqlite3.connect(tmp_path / FILE)) as untouched:
        assert (99,) == untouched.execute("PRAGMA user_version").fetchone()


def garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def directory(path: Path) -> None:
    path.mkdir()


def dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "missing" / "file")


@pytest.mark.parametrize("spoil", [garbage, directory, dangling_link])
def test_a_file_that_is_no_ledger_is_explained(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / FILE)

    with (
        pytest.raises(ReconcilerError, match=f"cannot use the ledger {tmp_path / FILE}") as caught,
        opened(tmp_path, create=True),
    ):
        pass

    assert "move the file away to start a new one" in caught.value.hint


def test_a_truncated_ledger_is_explained(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        ledger.executemany(
            "INSERT INTO records VALUES (?, 'h', 'p', 't', ?)", [(str(n), "x" * 4000) for n in range(20)]
        )
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[: 3 * 4096])

    with pytest.raises(ReconcilerError, match="cannot use the ledger"):
        Records(tmp_path).all()


def test_a_state_directory_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")

    with (
        pytest.raises(ReconcilerError, match="cannot make the state directory") as caught,
        opened(tmp_path / "state", create=True),
    ):
        pass

    assert "TACTICIAN_STATE_DIR" in caught.value.hint


def test_a_ledger_that_cannot_be_written_keeps_its_records(tmp_path: Path) -> None:
    """The advice to start a new one is for damaged files alone."""
    with opened(tmp_path, create=True):
        pass

    with pytest.raises(ReconcilerError) as caught:
        run(tmp_path, "PRAGMA query_only = 1", "DELETE FROM records")

    assert "make the file and its directory writable" in caught.value.hint


def test_a_ledger_that_another_process_holds_is_to_be_tried_again(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as first:
        assert first
        first.execute("BEGIN IMMEDIATE")

        with pytest.raises(ReconcilerError) as caught:
            run(tmp_path, "PRAGMA busy_timeout = 0", "BEGIN IMMEDIATE")
        first.execute("ROLLBACK")

    assert "try again when it has ended" in caught.value.hint


def run(state: Path, *statements: str) -> None:
    with opened(state, create=False) as ledger:
        assert ledger
        for statement in statements:
            ledger.execute(statement)

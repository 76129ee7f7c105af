from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.openclaw.bounded import read_bounded


def test_a_file_within_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("häh", encoding="utf-8")

    assert "häh" == read_bounded(path, 4)


def test_no_file_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert read_bounded(tmp_path / "gone", 9) is None
    assert read_bounded(tmp_path / "file" / "below", 9) is None


def test_a_larger_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")

    with pytest.raises(ReconcilerError, match="larger than 4"):
        read_bounded(path, 4)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(ReconcilerError, match="UTF-8"):
        read_bounded(path, 4)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ReconcilerError, match="regular file"):
        read_bounded(tmp_path / "pipe", 4)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError):
        read_bounded(tmp_path, 4)

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.policy.read import LARGEST, Unusable, decode, read


def refused(path: Path) -> str:
    with pytest.raises(Unusable) as caught:
        read(path)
    return str(caught.value.problem).replace(f"{path.parent}/", "")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")

    assert read(path) == "a: 1\n"


def test_bytes_that_are_not_utf_8_are_named_by_offset_and_place(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: \xff\n")

    assert refused(path) == "p.yaml:2:4: error: byte 12 is not UTF-8 → save the file as UTF-8"


def test_a_file_of_10_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"a: 1\n" * 2_000_000)

    assert "p.yaml:1:1: error: is larger than 1 MiB" in refused(path)


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"#\n" * (LARGEST // 2))

    assert len(read(path)) == LARGEST


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    os.mkfifo(path)

    assert "is not a regular file" in refused(path)


def test_a_directory_a_missing_file_and_a_broken_link_are_told_apart(tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "gone.yaml")
    (tmp_path / "dir.yaml").mkdir()

    assert "is a directory" in refused(tmp_path / "dir.yaml")
    assert "does not exist" in refused(tmp_path / "gone.yaml")
    assert "is a link to a file that does not exist" in refused(link)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.touch(mode=0)

    assert "may not be read" in refused(path)


def test_a_device_and_a_loop_of_links_are_refused(tmp_path: Path) -> None:
    loop = tmp_path / "p.yaml"
    loop.symlink_to(loop)

    assert "too many levels of symbolic links" in refused(loop)
    assert "is not a regular file" in refused(Path("/dev/zero"))


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x7f", "\x9b", "\ufffe"])
def test_control_characters_are_refused_at_their_place(bad: str) -> None:
    with pytest.raises(Unusable) as caught:
        decode(f"a: 1\nb: x{bad}\n".encode(), "p.yaml")

    assert f"p.yaml:2:5: error: holds the control character U+{ord(bad):04X}" in str(caught.value.problem)


def test_a_line_beyond_any_reason_is_refused_before_the_parser_sees_it() -> None:
    with pytest.raises(Unusable) as caught:
        decode(b"a: 1\nb: " + b"!" * 1_000_000, "p.yaml")

    assert "p.yaml:2:1: error: this line is longer than 10000 characters" in str(caught.value.problem)

from __future__ import annotations

import fcntl
import hashlib
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError, Refused
from reconciler.openclaw.atomic import replace_file, write_private


OLD = b"{ a: 1 }\n"
NEW = b"{ a: 2 }\n"
NOBODY = 65534


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "openclaw.json"
    path.write_bytes(OLD)
    path.chmod(0o600)
    return path


@pytest.fixture
def locked_directory() -> Iterator[Path]:
    """A directory that may be read but not written, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "openclaw.json").write_bytes(OLD)
        user = NOBODY if os.geteuid() == 0 else os.geteuid()
        os.chown(directory, user, -1)
        os.chown(directory / "openclaw.json", user, -1)
        directory.chmod(0o500)
        was = os.geteuid()
        os.seteuid(user)
        yield directory
        os.seteuid(was)
        directory.chmod(0o700)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_file_is_replaced_and_nothing_is_left_over(config: Path) -> None:
    inode = config.stat().st_ino

    written = replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert config == written
    assert config.read_bytes() == NEW
    assert inode != config.stat().st_ino
    assert ["openclaw.json"] == names(config.parent)


def test_the_mode_for_external_managers_lets_us_write(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_CONFIG_READONLY", "1")

    replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert config.read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o644])
def test_the_permissions_stay_whatever_the_umask(config: Path, mode: int) -> None:
    config.chmod(mode)
    umask = os.umask(0o077)

    replace_file(config, NEW, expected_sha256=sha256(OLD))

    os.umask(umask)
    assert mode == stat.S_IMODE(config.stat().st_mode)


def test_the_group_stays(config: Path) -> None:
    groups = [1234] if os.geteuid() == 0 else os.getgroups()
    os.chown(config, -1, groups[-1])

    replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert groups[-1] == config.stat().st_gid


def test_a_file_that_was_changed_is_not_overwritten(config: Path) -> None:
    config.write_bytes(b"{ human: 1 }")

    with pytest.raises(Refused, match="changed by somebody else"):
        replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert config.read_bytes() == b"{ human: 1 }"
    assert ["openclaw.json"] == names(config.parent)


def test_a_change_during_the_validation_is_not_overwritten(config: Path) -> None:
    def validate(_: Path) -> None:
        config.write_bytes(b"{ human: 1 }")

    with pytest.raises(Refused, match="changed by somebody else"):
        replace_file(config, NEW, expected_sha256=sha256(OLD), validate=validate)

    assert config.read_bytes() == b"{ human: 1 }"


def test_the_candidate_is_complete_beside_the_file_and_may_be_vetoed(config: Path) -> None:
    seen: list[tuple[Path, bytes, int]] = []

    def veto(candidate: Path) -> None:
        seen.append((candidate.parent, candidate.read_bytes(), stat.S_IMODE(candidate.stat().st_mode)))
        raise ReconcilerError("not valid", hint="plan again")

    with pytest.raises(ReconcilerError, match="not valid"):
        replace_file(config, NEW, expected_sha256=sha256(OLD), validate=veto)

    assert seen == [(config.parent, NEW, 0o600)]
    assert config.read_bytes() == OLD
    assert ["openclaw.json"] == names(config.parent)


def test_a_symbolic_link_stays_and_its_target_is_replaced(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "openclaw.json"
    link.parent.mkdir()
    link.symlink_to(config)

    written = replace_file(link, NEW, expected_sha256=sha256(OLD))

    assert config == written
    assert link.is_symlink()
    assert config.read_bytes() == NEW
    assert ["openclaw.json"] == names(link.parent)


def test_a_link_in_a_circle_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    with pytest.raises(ReconcilerError, match="cannot be written"):
        replace_file(tmp_path / "a", NEW, expected_sha256=sha256(OLD))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="No such file"):
        replace_file(tmp_path / "none", NEW, expected_sha256=sha256(OLD))


def test_a_file_with_hard_links_is_refused(config: Path, tmp_path: Path) -> None:
    (tmp_path / "other").hardlink_to(config)

    with pytest.raises(Refused, match="2 hard links"):
        replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert config.read_bytes() == OLD


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not a regular file"):
        replace_file(tmp_path, NEW, expected_sha256=sha256(OLD))


def test_a_file_of_another_user_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = config.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(Refused, match=f"belongs to user {owner}"):
        replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert config.read_bytes() == OLD


def test_a_directory_that_may_not_be_written_is_told(locked_directory: Path) -> None:
    config = locked_directory / "openclaw.json"

    with pytest.raises(ReconcilerError, match="does not let you create") as caught:
        replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert "writable" in caught.value.hint
    assert config.read_bytes() == OLD


def test_a_full_disk_leaves_the_old_file(config: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(ReconcilerError, match="disk is full"):
            replace_file(config, b"x" * 100_000, expected_sha256=sha256(OLD))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert config.read_bytes() == OLD
    assert ["openclaw.json"] == names(config.parent)


KILLED = """
import os, signal, sys
from pathlib import Path
from reconciler.openclaw.atomic import replace_file
replace_file(Path(sys.argv[1]), b"new", expected_sha256=sys.argv[2], validate=lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_what_a_crash_leaves_behind_is_swept_by_the_next_write(config: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, config, sha256(OLD)], check=False, timeout=30)
    left = names(config.parent)
    assert config.read_bytes() == OLD

    replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert len(left) == 2
    assert left[0].startswith(".openclaw.json.tactician-")
    assert ["openclaw.json"] == names(config.parent)


def test_the_candidate_of_a_living_writer_is_not_swept(config: Path) -> None:
    living = config.parent / ".openclaw.json.tactician-0123.tmp"
    living.write_bytes(b"")

    with living.open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        replace_file(config, NEW, expected_sha256=sha256(OLD))

    assert [living.name, "openclaw.json"] == names(config.parent)


def test_a_private_file_and_its_directories_are_private(tmp_path: Path) -> None:
    umask = os.umask(0)

    write_private(tmp_path / "a" / "b" / "record.json", b"1")
    write_private(tmp_path / "a" / "b" / "record.json", b"2")

    os.umask(umask)
    modes = [stat.S_IMODE((tmp_path / part).stat().st_mode) for part in ("a", "a/b", "a/b/record.json")]
    assert modes == [0o700, 0o700, 0o600]
    assert (tmp_path / "a/b/record.json").read_bytes() == b"2"
    assert ["record.json"] == names(tmp_path / "a/b")


def test_a_private_file_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(OLD)
    (tmp_path / "record.json").symlink_to("victim")

    write_private(tmp_path / "record.json", NEW)

    assert (tmp_path / "victim").read_bytes() == OLD
    assert (tmp_path / "record.json").read_bytes() == NEW


def test_a_private_file_below_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(ReconcilerError, match="cannot be written"):
        write_private(tmp_path / "a" / "record.json", b"1")


def test_a_stale_file_is_refused_before_anything_is_validated(config: Path) -> None:
    seen: list[Path] = []

    with pytest.raises(Refused):
        replace_file(config, NEW, expected_sha256=sha256(NEW), validate=seen.append)

    assert seen == []


def test_a_candidate_is_locked_while_its_writer_lives(config: Path) -> None:
    def validate(candidate: Path) -> None:
        with candidate.open() as stream, pytest.raises(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)

    replace_file(config, NEW, expected_sha256=sha256(OLD), validate=validate)

    assert config.read_bytes() == NEW

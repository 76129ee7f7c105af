from __future__ import annotations

import json
import os
import pwd
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.audit.chain import check, entries
from reconciler.audit.log import FILE, AuditLog
from reconciler.errors import ReconcilerError


CHECKOUT = Path(__file__).parents[2]
NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from reconciler.audit.log import AuditLog
log = AuditLog(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    log.append({"action": "test", "writer": sys.argv[2], "number": number}, datetime.now(UTC))
"""


def test_a_line_tells_when_and_by_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")

    AuditLog(tmp_path).append({"action": "hold"}, NOW)

    line = json.loads((tmp_path / FILE).read_text())
    assert ("hold", "2026-09-14T12:00:00.000+00:00", pwd.getpwuid(os.geteuid()).pw_name) == (
        line["action"],
        line["at"],
        line["who"],
    )


def test_the_log_is_for_our_eyes_only(tmp_path: Path) -> None:
    AuditLog(tmp_path / "state").append({"action": "hold"}, NOW)

    assert 0o600 == (tmp_path / "state" / FILE).stat().st_mode & 0o777
    assert 0o700 == (tmp_path / "state").stat().st_mode & 0o777


def test_what_stands_is_never_written_again(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.append({"action": "hold"}, NOW)
    before, inode = log.read(), log.path.stat().st_ino

    log.append({"action": "resume"}, NOW)

    assert log.read().startswith(before)
    assert inode == log.path.stat().st_ino


def test_processes_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name],
            env={"PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for writer in writers:
        assert writer.stdout
        assert "ready\n" == writer.stdout.readline()
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert 0 == writer.returncode

    log = AuditLog(tmp_path).read()
    assert (100, None, None) == (check(log).lines, check(log).cut_short, check(log).broken)
    for name in "ab":
        assert list(range(50)) == [entry["number"] for _, entry in entries(log) if entry["writer"] == name]


def test_a_line_that_a_crash_cut_short_is_mended_by_the_next(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.append({"action": "hold"}, NOW)
    with log.path.open("ab") as stream:
        stream.write(b'{"action":"app')

    log.append({"action": "resume"}, NOW)

    assert (3, (2,), None) == (check(log.read()).lines, check(log.read()).mended, check(log.read()).broken)


def test_no_log_reads_as_an_empty_one_and_none_is_made(tmp_path: Path) -> None:
    assert b"" == AuditLog(tmp_path).read()
    assert [] == list(tmp_path.iterdir())


def test_a_log_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    for use in (AuditLog(tmp_path).read, lambda: AuditLog(tmp_path).append({"action": "hold"}, NOW)):
        with pytest.raises(ReconcilerError, match=f"cannot use the audit log {tmp_path / FILE}") as caught:
            use()

        assert "make it a file that you can write" in caught.value.hint


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / FILE).symlink_to(tmp_path / "precious")

    with pytest.raises(ReconcilerError, match="cannot use the audit log"):
        AuditLog(tmp_path).append({"action": "hold"}, NOW)

    assert "precious" == (tmp_path / "precious").read_text()


def test_a_disk_that_gets_full_is_explained_and_the_log_goes_on_later(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.append({"action": "hold"}, NOW)

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.path.stat().st_size + 20, before[1]))
    try:
        with pytest.raises(ReconcilerError, match="File too large") as caught:
            log.append({"action": "lost"}, NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert caught.value.hint.startswith("free some space")
    assert 2 == check(log.read()).cut_short
    log.append({"action": "resume"}, NOW)
    assert (3, (2,), None) == (check(log.read()).lines, check(log.read()).mended, check(log.read()).broken)

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from reconciler.errors import Refused
from reconciler.openclaw.oracle import check_candidate


def openclaw(directory: Path, script: str) -> dict[str, str]:
    """Put an `openclaw` on the PATH and return the environment."""
    program = directory / "bin" / "openclaw"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin", "OPENCLAW_CONFIG_PATH": "/the/live/one"}


def verdict(**answer: object) -> str:
    return f"cat <<'END'\n{json.dumps(answer)}\nEND\nexit 1"


def test_a_valid_verdict_lets_the_candidate_through(tmp_path: Path) -> None:
    check_candidate(tmp_path / "candidate", openclaw(tmp_path, verdict(valid=True)))


def test_the_candidate_is_judged_and_not_the_live_file(tmp_path: Path) -> None:
    environ = openclaw(tmp_path, f'echo "$OPENCLAW_CONFIG_PATH $*" > {tmp_path / "asked"}')

    check_candidate(tmp_path / "candidate", environ)

    assert f"{tmp_path / 'candidate'} config validate --json\n" == (tmp_path / "asked").read_text()


def test_an_invalid_verdict_refuses_with_what_openclaw_said(tmp_path: Path) -> None:
    issues = [{"path": "agents.list", "message": "bad \x1b[31mvalue"}] * 9
    environ = openclaw(tmp_path, verdict(valid=False, issues=issues))

    with pytest.raises(Refused, match="OpenClaw finds the new configuration invalid") as caught:
        check_candidate(tmp_path / "candidate", environ)

    assert ("agents.list: bad \\x1b[31mvalue",) * 5 == caught.value.evidence


@pytest.mark.parametrize("issues", [None, 5, "x", [5], [{"path": []}]])
def test_strange_issues_do_not_hide_the_verdict(tmp_path: Path, issues: object) -> None:
    with pytest.raises(Refused):
        check_candidate(tmp_path / "candidate", openclaw(tmp_path, verdict(valid=False, issues=issues)))


@pytest.mark.parametrize(
    "script",
    [
        "echo 'error: unknown command validate' >&2; exit 1",
        "echo garbage",
        "printf '\\377\\376'",
        "head -c 100000 /dev/zero | tr '\\0' '['",
        verdict(valid="no"),
        "echo '[]'",
        "kill -9 $$",
    ],
    ids=["too old", "garbage", "bytes", "deep", "no boolean", "a list", "killed"],
)
def test_a_command_that_cannot_judge_judges_nothing(tmp_path: Path, script: str) -> None:
    check_candidate(tmp_path / "candidate", openclaw(tmp_path, script))


def test_a_command_that_cannot_run_judges_nothing(tmp_path: Path) -> None:
    environ = openclaw(tmp_path, "")
    (tmp_path / "bin" / "openclaw").write_text("#!/no/such/interpreter\n")

    check_candidate(tmp_path / "candidate", environ)


def test_a_command_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()

    check_candidate(tmp_path / "candidate", openclaw(tmp_path, "exec sleep 60"), timeout=0.2)

    assert time.monotonic() - started < 30


def test_without_the_command_nothing_is_judged(tmp_path: Path) -> None:
    check_candidate(tmp_path / "candidate", {"PATH": str(tmp_path)})

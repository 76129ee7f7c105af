"""What goes where: stdout, stderr, exit codes, terminals, pipes and signals of real processes."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from reconciler import __version__
from tests.cli.home import CHECKOUT, TOKEN, Household


COMMANDS = (
    "validate",
    "facts",
    "plan",
    "show",
    "diff",
    "apply",
    "optimize",
    "rollback",
    "history",
    "audit",
    "audit verify",
    "audit show",
    "mode",
    "doctor",
    "detect-local",
)
LONGEST_WAIT = 30  # seconds


@pytest.mark.parametrize(
    "command", ["facts", "plan --json", "optimize --json", "plan --json --out plan.json"]
)
def test_json_stands_alone_on_stdout(home: Household, command: str) -> None:
    done = home.spawn(*command.split())

    assert 0 == done.returncode, done.stderr
    assert json.loads(done.stdout)["kind"] in {"Facts", "Plan"}


def test_json_stands_alone_on_stdout_when_it_is_applied_too(home: Household) -> None:
    done = home.run("optimize", "--apply", "--yes", "--json")
    again = home.run("optimize", "--apply", "--yes", "--json")

    assert "Plan" == json.loads(done.out)["kind"]
    assert "apply, done" in done.err
    assert [] == json.loads(again.out).get("changes", [])
    assert "No changes" in again.err


def test_json_of_the_history_stands_alone_on_stdout(home: Household) -> None:
    home.apply()

    listed, one = home.run("history", "--json"), home.run("history", "latest", "--json")

    assert [json.loads(one.out)] == json.loads(listed.out)


def test_a_plan_that_is_read_by_json_is_the_file_that_was_written(home: Household) -> None:
    done = home.run("plan", "--json", "--out", "plan.json")

    assert (home.root / "plan.json").read_text() == done.out
    assert done.out == home.run("show", "plan.json", "--json").out


def test_what_is_said_on_the_way_goes_to_stderr(home: Household) -> None:
    done = home.run("plan", "--out", "plan.json")

    assert "wrote plan.json" not in done.out
    assert "wrote plan.json; apply it with: tactician apply plan.json\n" == done.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("bogus", "error: No such command 'bogus'."),
        ("plan --bogus", "error: No such option: --bogus"),
        ("apply", "error: Missing argument"),
        ("mode sometimes", "error: Invalid value for"),
        ("show plan.json --format pdf", "error: Invalid value for '--format'"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(home: Household, command: str, said: str) -> None:
    done = home.run(*command.split())

    assert (64, "") == (done.code, done.out)
    assert done.err.startswith(said)
    assert done.err.rstrip().endswith("--help")


def test_a_bare_command_shows_the_help_as_a_usage_error(home: Household) -> None:
    done = home.run()

    assert (64, "") == (done.code, done.out)
    assert done.err.startswith("Usage: tactician")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_eighty_columns(home: Household, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    done = home.run(*command.split(), "--help")

    assert 0 == done.code
    assert done.out.startswith(f"Usage: tactician {command}".rstrip())
    assert 80 >= max(len(line) for line in done.out.splitlines())


def test_the_version_is_printed(home: Household) -> None:
    assert (0, f"tactician {__version__}\n", "") == (
        (done := home.run("--version")).code,
        done.out,
        done.err,
    )


def test_the_gateways_token_is_in_no_output(home: Household) -> None:
    home.plan()
    for command in ("facts", "plan --verbose", "apply plan.json --yes", "history latest --json", "doctor"):
        done = home.run(*command.split())

        assert TOKEN not in done.out + done.err
    assert TOKEN not in (home.root / "plan.json").read_text()
    assert TOKEN.encode() not in (home.state / "ledger.sqlite").read_bytes()


def test_out_writes_a_file_for_our_eyes_only(home: Household) -> None:
    home.plan()

    assert 0o600 == (home.root / "plan.json").stat().st_mode & 0o777


def test_out_replaces_no_device(home: Household) -> None:
    os.mkfifo(home.root / "pipe")
    before = home.tree(without="state")

    done = home.run("plan", "--out", "pipe")

    assert 1 == done.code
    assert "error: pipe is not a regular file" in done.err
    assert before == home.tree(without="state")


def test_a_reader_who_goes_away_ends_it_quietly(home: Household) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            home.command("plan", "--json"),
            cwd=home.root,
            env=home.environment(PYTHONPATH=str(CHECKOUT)),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=LONGEST_WAIT,
            check=False,
        )
    finally:
        os.close(writing)

    assert (1, "") == (done.returncode, done.stderr)


def shell(home: Household, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `$T` is our command."""
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=home.root,
        env=home.environment(PYTHONPATH=str(CHECKOUT), T=" ".join(home.command())),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_WAIT,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("$T plan >&-", "error: cannot write the output: stdout is closed"),
        ("$T plan >/dev/full", "error: cannot write the output: No space left on device"),
        ("$T validate >/dev/full", "error: cannot write the output: No space left on device"),
        ("mkdir gone; cd gone; rmdir ../gone; $T plan", "error: the working directory was deleted"),
        ("TACTICIAN_STATE_DIR='~nobody-here/x' $T history", "error: TACTICIAN_STATE_DIR names the home of"),
        (f"$T plan --policy {'x' * 300}", "error: "),
        (f"$T show {'x' * 300}", "error: "),
        (f"$T plan --out {'x' * 300}", "error: "),
    ],
)
def test_a_world_that_is_closed_full_or_gone_is_told_in_one_line(
    home: Household, line: str, said: str
) -> None:
    done = shell(home, line)

    assert 1 == done.returncode, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("closed", ["<&-", "2>&-"])
def test_a_stream_that_is_closed_and_not_needed_does_not_matter(home: Household, closed: str) -> None:
    done = shell(home, f"$T plan {closed}")

    assert 0 == done.returncode, done.stderr
    assert "4 to change" in done.stdout


def test_what_a_narrow_encoding_cannot_say_is_escaped(home: Household) -> None:
    done = shell(home, "PYTHONIOENCODING=ascii $T plan")

    assert 0 == done.returncode, done.stderr
    assert "\\u2192" in done.stdout


@dataclass
class Terminal:
    """A command that runs on a terminal; what it says there, and what it prints beside it."""

    process: subprocess.Popen[str]
    descriptor: int
    said: str = field(default="")

    def wait_for(self, text: str) -> None:
        while text not in self.said:
            ready, _, _ = select.select([self.descriptor], [], [], LONGEST_WAIT)
            assert ready, f"it never said {text!r}: {self.said}"
            self.said += os.read(self.descriptor, 4096).decode()

    def answer(self, text: str) -> tuple[int, str]:
        os.write(self.descriptor, text.encode())
        return self.end()

    def end(self) -> tuple[int, str]:
        printed, _ = self.process.communicate(timeout=LONGEST_WAIT)
        return self.process.returncode, printed


@contextmanager
def on_a_terminal(home: Household, *args: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        home.command(*args),
        cwd=home.root,
        env=home.environment(PYTHONPATH=str(CHECKOUT)),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        start_new_session=True,
    )
    try:
        with process:
            try:
                yield Terminal(process, ours)
            finally:
                process.kill()
    finally:
        os.close(ours)
        os.close(theirs)


def test_yes_at_the_question_applies(home: Household) -> None:
    home.plan()

    with on_a_terminal(home, "apply", "plan.json") as terminal:
        terminal.wait_for("Apply these 4 changes? [y/N] ")
        code, printed = terminal.answer("y\n")

    assert 0 == code
    assert "apply, done" in printed


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04"], ids=["no", "empty", "end of input"])
def test_anything_else_at_the_question_changes_nothing(home: Household, answer: str) -> None:
    home.plan()
    before = home.tree(without="")

    with on_a_terminal(home, "apply", "plan.json") as terminal:
        terminal.wait_for("[y/N] ")
        code, _ = terminal.answer(answer)

    assert 3 == code
    assert before == home.tree(without="")


def test_an_interrupt_at_the_question_changes_nothing(home: Household) -> None:
    home.plan()
    before = home.tree(without="")

    with on_a_terminal(home, "apply", "plan.json") as terminal:
        terminal.wait_for("[y/N] ")
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait_for("interrupted")
        code, _ = terminal.end()

    assert 130 == code
    assert "Traceback" not in terminal.said
    assert before == home.tree(without="")

"""Whatever is put in its way: one clear message with the place and the next step, and nothing written."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.home import INBOX, Done, Household


HEAD = "apiVersion: tactician/v1\nkind: RoutingPolicy\nmetadata: {name: home}\n"
BOMB = "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10))


def assert_explained(done: Done, *, code: int, said: str) -> None:
    """One `error:` line that says what is wrong, a next step, and no traceback."""
    lines = done.err.splitlines()
    assert code == done.code, done.err
    assert 1 == sum(line.startswith("error: ") for line in lines), done.err
    assert said in done.err
    assert lines[-1].startswith("  → ")
    assert "Traceback" not in done.err
    assert "" == done.out


def void(_: object) -> None:
    """Forget what a writing call returns."""


def content(data: bytes | str) -> Callable[[Path], None]:
    return lambda path: void(path.write_bytes(data if isinstance(data, bytes) else data.encode()))


POLICIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "broken YAML": (content(f"{HEAD}spec: {{mode: [auto\n"), "policies/home.yaml:5:1: "),
    "an unknown key": (content(f"{HEAD}spec:\n  mod: auto\n"), "policies/home.yaml:5:3: "),
    "a tab": (content(f"{HEAD}spec:\n\tmode: auto\n"), "policies/home.yaml:5:1: "),
    "a duplicate key": (
        content(f"{HEAD}spec:\n  mode: auto\n  mode: manual\n"),
        "policies/home.yaml:6:3: ",
    ),
    "ten megabytes": (content(HEAD + "#" * 10_000_000), "policies/home.yaml:1:1: "),
    "an alias bomb": (content(f"a0: &a0 [x]\n{BOMB}"), "policies/home.yaml:"),
    "nothing": (content(""), "policies/home.yaml:1:1: "),
    "bytes": (content(b"\xff\xfe\x00"), "policies/home.yaml:1:1: "),
    "no mapping": (content("- 1\n"), "policies/home.yaml:1:1: "),
    "a wrong unit": (
        content(f"{HEAD}spec:\n  safety: {{maxFactAgeMinutes: 30s}}\n"),
        "policies/home.yaml:5:31: ",
    ),
}


@pytest.mark.parametrize("command", ["plan --out plan.json", "mode auto", "optimize --apply --yes"])
@pytest.mark.parametrize("case", POLICIES)
def test_a_bad_policy_is_told_with_its_place(home: Household, case: str, command: str) -> None:
    spoil, place = POLICIES[case]
    spoil(home.policy)
    before = home.tree(without="")

    done = home.run(*command.split())

    assert_explained(done, code=1, said=f"error: {place}")
    assert before == home.tree(without="")


def gone(path: Path) -> None:
    path.unlink()


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def loop_of_links(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (gone, "error: no policy found"),
        (directory, "error: no policy found"),
        (dangling_link, "is a link to a file that does not exist"),
        (loop_of_links, "policies/home.yaml:1:1: "),
        (pipe, "is not a regular file"),
    ],
)
def test_a_policy_that_is_no_file_is_told(home: Household, spoil: Callable[[Path], None], said: str) -> None:
    spoil(home.policy)
    before = home.tree(without="")

    done = home.run("plan")

    assert_explained(done, code=1, said=said)
    assert before == home.tree(without="")


def truncated(path: Path) -> None:
    path.write_text(path.read_text()[:-40])


def both_layouts(path: Path) -> None:
    path.write_text(path.read_text().replace("    list: [", "    entries: { main: {} },\n    list: ["))


CONFIG, JOBS, DATABASE = "openclaw.json", "cron/jobs.json", "state/openclaw.sqlite"
HOSTS: dict[str, tuple[str, Callable[[Path], None], int, str]] = {
    "truncated": (CONFIG, truncated, 1, "openclaw.json:25:71: the file ends where a value should be"),
    "both layouts": (
        CONFIG,
        both_layouts,
        3,
        "openclaw.json:23:11: the configuration has both agents.list and agents.entries",
    ),
    "a directory": (CONFIG, directory, 1, "openclaw.json is a directory"),
    "gone": (CONFIG, gone, 1, "no OpenClaw configuration at"),
    "a dangling link": (CONFIG, dangling_link, 1, "no OpenClaw configuration at"),
    "a loop of links": (CONFIG, loop_of_links, 1, "openclaw.json"),
    "a pipe": (CONFIG, pipe, 1, "openclaw.json is not a regular file"),
    "not UTF-8": (CONFIG, content(b"{\n  // caf\xe9\n}\n"), 1, "openclaw.json:2:9: the file is not UTF-8"),
    "an array": (CONFIG, content(b"[]\n"), 1, "openclaw.json:1:1: the configuration is not an object"),
    "empty": (CONFIG, content(b""), 1, "openclaw.json:1:1: "),
    "deep": (CONFIG, content(b"[" * 100_000), 1, "openclaw.json:1:10"),
    "truncated jobs": (JOBS, truncated, 1, "jobs.json is not JSON"),
    "jobs in a directory": (JOBS, directory, 1, "jobs.json: Is a directory"),
    "a broken database": (DATABASE, content(b"no database" * 1000), 1, "cannot read the jobs in"),
}


@pytest.mark.parametrize(
    "command", ["plan --out other.json", "facts --out facts.json", "apply plan.json --yes"]
)
@pytest.mark.parametrize("case", HOSTS)
def test_a_bad_host_is_told_with_its_place(home: Household, case: str, command: str) -> None:
    name, spoil, code, said = HOSTS[case]
    home.plan()
    (home.openclaw / "state").mkdir()
    spoil(home.openclaw / name)
    before = home.tree()

    done = home.run(*command.split())

    shown = (
        Done(done.code, "", done.err) if command.startswith("apply") else done
    )  # apply shows the plan first
    assert_explained(shown, code=code, said=said)
    assert before == home.tree()
    assert "Nothing was applied yet.\n" == home.run("history").out


def without_privileges() -> None:
    """Give up, in a child, root's right to read what nobody may read; for any other user it is one already."""
    drop, override, read_search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc = ctypes.CDLL(None)
    for capability in (override, read_search):
        libc.prctl(drop, capability, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("openclaw/openclaw.json", "openclaw.json may not be read"),
        ("openclaw/cron/jobs.json", "jobs.json: Permission denied"),
        ("openclaw", "openclaw.json"),
        ("policies/home.yaml", "policies/home.yaml:1:1: "),
        ("policies", "policies cannot be listed"),
    ],
)
def test_what_may_not_be_read_is_told(home: Household, name: str, said: str) -> None:
    (home.root / name).chmod(0)
    try:
        done = home.spawn("plan", preexec_fn=without_privileges)
    finally:
        (home.root / name).chmod(0o700)

    assert_explained(Done(done.returncode, done.stdout, done.stderr), code=1, said=said)


def other_version(plan: Path) -> None:
    plan.write_text(plan.read_text().replace("tactician/v1", "tactician/v9"))


def half_a_letter(plan: Path) -> None:
    plan.write_text(plan.read_text().replace("household", "household \\ud800").replace("dry-run", "\\ud800"))


def sealed_anew(plan: Path) -> None:
    """Leave the shape and put in the digest that fits, as a program of another version might."""
    from reconciler.canonical import digest, pretty

    document = json.loads(plan.read_text()) | {"\x1b[2J": "surprise"}
    document.pop("digest")
    plan.write_text(pretty(document | {"digest": digest(document)}))


PLANS: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "empty": (content(b""), 1, "plan.json is empty"),
    "of another version": (other_version, 1, "a plan of another version, 'tactician/v9'"),
    "of another kind": (content(b'{"kind": "Facts"}'), 1, "plan.json is not a plan"),
    "not JSON": (content(b"{\n  kind: Plan\n}"), 1, "plan.json:2:3: not JSON"),
    "deep": (content(b"[" * 100_000), 1, "plan.json is nested too deeply"),
    "a long number": (content(b"1" * 5000), 1, "plan.json holds a number that is too long"),
    "half a letter": (half_a_letter, 4, "its digest does not fit"),
    "sealed anew": (sealed_anew, 1, "does not have the shape of a plan"),
    "bytes": (content(b"\xff\xfe\x00"), 1, "plan.json is not UTF-8"),
    "a directory": (directory, 1, "cannot read"),
    "gone": (gone, 1, "cannot read"),
}


@pytest.mark.parametrize("command", ["show plan.json", "apply plan.json --yes"])
@pytest.mark.parametrize("case", PLANS)
def test_a_bad_plan_file_is_told(home: Household, case: str, command: str) -> None:
    spoil, code, said = PLANS[case]
    spoil(home.plan())
    before = home.tree(without="")

    done = home.run(*command.split())

    assert_explained(done, code=code, said=said)
    assert before == home.tree(without="")


def test_a_job_that_cannot_be_read_is_told_and_hides_no_other(home: Household) -> None:
    home.edit_job(INBOX, model=5)

    done = home.run("plan")

    assert 0 == done.code
    assert f"job {INBOX}: " in done.out
    assert "job/Price watch" in done.out

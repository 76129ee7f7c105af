"""Timers as their user meets them; `systemctl` and `launchctl` are programs of the test that keep what they are asked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.home import TOKEN, Household


@pytest.fixture
def asked(home: Household) -> Path:
    """Return the file that tells what the system was asked; asking whether it runs is answered by `running`."""
    log = home.root / "asked"
    for name in ("systemctl", "launchctl"):
        program = home.root / "bin" / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {log}\n[ ! -e {home.root}/fail ] || {{ echo "no bus" >&2; exit 1; }}\n'
        )
        program.chmod(0o755)
    return log


def units(home: Household) -> Path:
    return home.root / "home" / ".config" / "systemd" / "user"


def test_install_writes_a_timer_of_the_user_and_starts_it(home: Household, asked: Path) -> None:
    done = home.run("timer", "install", "--every", "30m")

    assert (0, "reconciles every 30 minutes, in the mode of the policy\n") == (done.code, done.out)
    assert [
        "systemctl --user daemon-reload",
        "systemctl --user enable tactician.timer",
        "systemctl --user restart tactician.timer",
    ] == asked.read_text().splitlines()
    unit = (units(home) / "tactician.service").read_text()
    assert f'Environment="OPENCLAW_STATE_DIR={home.openclaw}"' in unit
    assert f"WorkingDirectory={home.root}" in unit
    assert TOKEN not in unit
    assert "the timer does not get what is in your shell alone: OPENCLAW_GATEWAY_TOKEN" in done.err
    assert 0o600 == stat.S_IMODE((units(home) / "tactician.timer").stat().st_mode)
    assert "timer: installed and running\nnothing was reconciled yet\n" == home.run("timer", "status").out


def test_remove_stops_it_and_leaves_nothing(home: Household, asked: Path) -> None:
    home.run("timer", "install")

    assert "removed\n" == home.run("timer", "remove").out
    assert [] == list(units(home).iterdir())
    assert "systemctl --user disable --now tactician.timer" in asked.read_text()
    assert "no timer was installed\n" == home.run("timer", "remove").out
    assert "timer: not installed" in home.run("timer", "status").out


def test_a_timer_that_the_system_does_not_start_is_taken_away_again(home: Household, asked: Path) -> None:
    (home.root / "fail").touch()

    done = home.run("timer", "install")

    assert 1 == done.code
    assert "error: `systemctl --user daemon-reload` failed with exit code 1\n  no bus" in done.err
    assert [] == list(units(home).iterdir())
    assert asked.exists()


def test_a_file_of_somebody_else_is_not_overwritten(home: Household, asked: Path) -> None:
    units(home).mkdir(parents=True)
    (units(home) / "tactician.timer").write_text("[Timer]\nOnCalendar=daily\n")

    done = home.run("timer", "install")

    assert 3 == done.code
    assert "is not ours" in done.err
    assert "[Timer]\nOnCalendar=daily\n" == (units(home) / "tactician.timer").read_text()
    assert not asked.exists()


def test_without_systemd_it_says_what_else_to_do(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home.root / "bin"))

    done = home.run("timer", "install")

    assert 1 == done.code
    assert "there is no systemctl here" in done.err
    assert "reconcile --every policy" in done.err


def test_on_macos_it_is_an_agent(home: Household, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    done = home.run("timer", "install")
    (agent,) = (home.root / "home" / "Library" / "LaunchAgents").iterdir()

    assert 0 == done.code
    assert [f"launchctl bootstrap gui/{os.getuid()} {agent}"] == asked.read_text().splitlines()
    assert "removed\n" == home.run("timer", "remove").out


@pytest.mark.parametrize(
    ("kind", "said"), [("systemd", "[Timer]"), ("launchd", "<plist"), ("kubernetes", "kind: CronJob")]
)
def test_print_writes_nothing(home: Household, asked: Path, kind: str, said: str) -> None:
    before = home.tree()

    done = home.run("timer", "install", "--print", kind)

    assert 0 == done.code
    assert said in done.out
    assert TOKEN not in done.out
    assert before == home.tree()
    assert not asked.exists()

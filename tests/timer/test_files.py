"""The files of timers, judged by the programs that read them where they are here."""

from __future__ import annotations

import io
import plistlib
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from reconciler.errors import UsageError
from reconciler.timer import kubernetes, launchd, systemd
from reconciler.timer.task import Task, kept, missing


HOUR = timedelta(hours=1)
ANALYZE, PLUTIL = shutil.which("systemd-analyze"), shutil.which("plutil")
HOSTILE = "a \"b' %h $x ${y} \\ \tc"


def task(directory: Path, program: Path, **environment: str) -> Task:
    return Task((str(program), "reconcile", "--policy", HOSTILE), directory, environment, HOUR)


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here")
@pytest.mark.parametrize(
    "name", ["plain", "a b %h $x ${y}"]
)  # systemd takes no program with a quote in its name
def test_systemd_takes_the_units_whatever_the_paths_are_called(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file, content in systemd.service(
        task(tmp_path, program, OPENCLAW_HOME=HOSTILE), {}, tmp_path
    ).files.items():
        (tmp_path / file).write_bytes(content)

    done = subprocess.run(
        [str(ANALYZE), "--user", "verify", "tactician.timer", "tactician.service"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_a_unit_quotes_what_systemd_would_read_otherwise() -> None:
    text = systemd.unit(task(Path("/work"), Path("/bin/t"), OPENCLAW_HOME=HOSTILE))

    assert 'ExecStart="/bin/t" "reconcile" "--policy" "a \\"b\' %%h $$x $${y} \\\\ \\x09c"' in text
    assert 'Environment="OPENCLAW_HOME=a \\"b\' %%h $x ${y} \\\\ \\x09c"' in text


def test_the_timer_counts_in_minutes() -> None:
    assert "OnUnitActiveSec=60min" in systemd.timer(task(Path("/work"), Path("/bin/t")))


def test_units_stand_where_the_users_systemd_looks(tmp_path: Path) -> None:
    found = task(tmp_path, tmp_path)

    assert tmp_path / ".config/systemd/user" == systemd.service(found, {}, tmp_path).directory
    assert (
        Path("/etc/me/systemd/user")
        == systemd.service(found, {"XDG_CONFIG_HOME": "/etc/me"}, tmp_path).directory
    )


def test_the_property_list_says_the_same(tmp_path: Path) -> None:
    service = launchd.service(task(tmp_path, Path("/bin/t"), TZ="UTC"), tmp_path, 501)

    (content,) = service.files.values()
    document = plistlib.loads(content)

    assert ["/bin/t", "reconcile", "--policy", HOSTILE] == document["ProgramArguments"]
    assert ({"TZ": "UTC"}, 3600, True) == (
        document["EnvironmentVariables"],
        document["StartInterval"],
        document["RunAtLoad"],
    )
    assert ("launchctl", "bootout", "gui/501/io.github.openclaw-tactician") == service.stop[0]


@pytest.mark.skipif(PLUTIL is None, reason="no plutil here")
def test_macos_finds_nothing_wrong_with_the_property_list(tmp_path: Path) -> None:
    file = tmp_path / "agent.plist"
    file.write_bytes(launchd.agent(task(tmp_path, Path("/bin/t"))))

    subprocess.run([str(PLUTIL), "-lint", file], check=True, timeout=30)


def test_the_cron_job_is_yaml_that_runs_us_alone_and_not_as_root() -> None:
    document = YAML(typ="safe", pure=True).load(io.StringIO(kubernetes.cron_job(HOUR)))

    pod = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert ("CronJob", "0 * * * *", "Forbid") == (
        document["kind"],
        document["spec"]["schedule"],
        document["spec"]["concurrencyPolicy"],
    )
    assert ["tactician", "reconcile", "--once", "--policy", "/policies"] == container["args"]
    assert container["securityContext"]["runAsNonRoot"]
    assert {each["name"] for each in pod["volumes"]} == {each["name"] for each in container["volumeMounts"]}


@pytest.mark.parametrize(
    ("minutes", "schedule"),
    [(5, "*/5 * * * *"), (30, "*/30 * * * *"), (60, "0 * * * *"), (360, "0 */6 * * *"), (1440, "0 0 * * *")],
)
def test_intervals_as_cron_expressions(minutes: int, schedule: str) -> None:
    assert schedule == kubernetes.schedule(timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [7, 45, 90, 300, 2880])
def test_an_interval_that_cron_cannot_say_is_refused(minutes: int) -> None:
    with pytest.raises(UsageError, match="no cron schedule"):
        kubernetes.schedule(timedelta(minutes=minutes))


def test_places_are_kept_and_secrets_are_not() -> None:
    environ = {
        "OPENCLAW_STATE_DIR": "/srv/claw",
        "OPENCLAW_GATEWAY_TOKEN": "canary",
        "OPENROUTER_API_KEY": "canary",
        "OLLAMA_HOST": "http://me:canary@127.0.0.1:11434",
        "HOME": "/root",
        "SHLVL": "1",
    }

    assert {"OPENCLAW_STATE_DIR": "/srv/claw"} == kept(environ)
    assert ("OLLAMA_HOST", "OPENCLAW_GATEWAY_TOKEN", "OPENROUTER_API_KEY") == missing(environ)

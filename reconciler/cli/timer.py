from __future__ import annotations

import os
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import Policies
from reconciler.cli.talk import out, tell
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.timer.task import Service, Task

command = typer.Typer(no_args_is_help=True, help="Reconcile by a timer of the system.")


class Kind(StrEnum):
    SYSTEMD = "systemd"
    LAUNCHD = "launchd"
    KUBERNETES = "kubernetes"


@command.command("install")
def install(
    policy: Policies = None,
    *,
    every: Annotated[
        str | None,
        typer.Option(
            "--every", metavar="SPAN", help="Such as 60m; without it optimizationIntervalMinutes counts."
        ),
    ] = None,
    print_kind: Annotated[
        Kind | None,
        typer.Option("--print", help="Print the files instead, for this or another kind of system."),
    ] = None,
) -> None:
    """Run `reconcile` every so often: a systemd user timer, on macOS a launchd agent."""
    from reconciler.timer import kubernetes
    from reconciler.timer.manage import install as put
    from reconciler.timer.task import missing

    span = _every(every, policy)
    if print_kind is Kind.KUBERNETES:
        out(kubernetes.cron_job(span))
        return
    task = _task(policy, span)
    if print_kind:
        _print(_service(task, print_kind))
        return
    put(_service(task, here()))
    out(f"reconciles every {task.minutes} minutes, in the mode of the policy\n")
    if left_out := missing(os.environ):
        tell(f"warning: the timer does not get what is in your shell alone: {', '.join(left_out)}")
    if here() is Kind.SYSTEMD:
        tell("it runs while you are logged in; to let it run always: loginctl enable-linger")


@command.command("remove")
def remove() -> None:
    """Stop the timer and delete its files."""
    from reconciler.timer.manage import remove as take_away

    out("removed\n" if take_away(this_service()) else "no timer was installed\n")


@command.command("status")
def status() -> None:
    """Tell whether the timer is installed and runs, and what the last run did."""
    from reconciler.cli.context import live_host, now
    from reconciler.cli.runs import last_run
    from reconciler.render.reconciliation import last_text
    from reconciler.timer.manage import installed, running

    service = this_service()
    words = "installed and running" if running(service) else "installed, but not running"
    out(f"timer: {words if installed(service) else 'not installed'}\n")
    with live_host() as host:
        run = last_run(host.id)
    out(last_text(run, now()) if run else "nothing was reconciled yet\n")


def this_service() -> Service:
    """Return the timer of this system, as far as its name and place go."""
    return _service(_task(None, timedelta(minutes=1)), here())


def here() -> Kind:
    """Return which kind of timer this system has.

    Raises:
        ReconcilerError: none that we know.
    """
    if sys.platform == "darwin":
        return Kind.LAUNCHD
    if sys.platform.startswith("linux"):
        return Kind.SYSTEMD
    raise ReconcilerError(
        "this system has neither systemd nor launchd",
        hint="run `tactician reconcile --every policy` under a supervisor of yours",
    )


def _every(text: str | None, policy: list[Path] | None) -> timedelta:
    from reconciler.cli.context import load_policy
    from reconciler.cli.span import read_span

    minutes = load_policy(policy).optimization_interval_minutes
    return read_span(text) if text else timedelta(minutes=minutes)


def _task(policy: list[Path] | None, every: timedelta) -> Task:
    from reconciler.cli.context import working_directory
    from reconciler.timer.task import Task, kept

    directory = working_directory()
    named = [word for path in policy or () for word in ("--policy", str(directory / path))]
    program = (sys.executable, "-P", "-m", "reconciler", "reconcile", "--once", *named)
    return Task(program, directory, kept(os.environ), every)


def _service(task: Task, kind: Kind) -> Service:
    from reconciler.timer import launchd, systemd

    if kind is Kind.LAUNCHD:
        return launchd.service(task, Path.home(), os.getuid())
    return systemd.service(task, os.environ, Path.home())


def _print(service: Service) -> None:
    """Print the files as they would be written; where there are several, each under its path."""
    several = len(service.files) > 1
    for name, content in service.files.items():
        title = f"# {service.directory / name}\n" if several else ""
        out(f"{title}{content.decode()}" + ("\n" if several else ""))

"""Put a timer in place, take it away, and tell whether it runs."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Final

from reconciler.errors import ReconcilerError, Refused
from reconciler.openclaw.atomic import write_private
from reconciler.timer.task import MARK, Service


_SECONDS: Final = 30


def install(service: Service) -> None:
    """Write the files and start the timer, in the place of one that we installed before.

    Raises:
        Refused: a file of that name is not ours.
        ReconcilerError: the system does not start it; the files are taken away again.
    """
    for name in service.files:
        path = service.directory / name
        if path.exists() and MARK not in path.read_text(errors="replace"):
            raise Refused(f"{path} is not ours", hint="move it away, then install again")
    if installed(service):
        _tried(service.stop)
    for name, content in service.files.items():
        write_private(service.directory / name, content)
    try:
        for command in service.start:
            _run(command)
    except ReconcilerError:
        _delete(service)
        raise


def remove(service: Service) -> bool:
    """Stop the timer and delete its files; tell whether there was one."""
    there = installed(service)
    if there:
        _tried(service.stop)
        _delete(service)
    return there


def installed(service: Service) -> bool:
    return any((service.directory / name).exists() for name in service.files)


def running(service: Service) -> bool:
    """Tell whether the system has the timer and will start it when it is due."""
    try:
        return installed(service) and _result(service.ask).returncode == 0
    except ReconcilerError:
        return False


def _delete(service: Service) -> None:
    for name in service.files:
        (service.directory / name).unlink(missing_ok=True)


def _tried(commands: Sequence[Sequence[str]]) -> None:
    """Run commands whose failure means that there was nothing to stop."""
    for command in commands:
        try:
            _result(command)
        except ReconcilerError:
            continue


def _run(command: Sequence[str]) -> None:
    done = _result(command)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ReconcilerError(
            f"`{' '.join(command)}` failed with exit code {done.returncode}",
            evidence=said[:3],
            hint="run it in a login session of this user, or print the files: tactician timer install --print",
        )


def _result(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise ReconcilerError(
            f"there is no {command[0]} here",
            hint="run `tactician reconcile --every policy` under a supervisor of yours",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ReconcilerError(
            f"`{' '.join(command)}` did not end within {_SECONDS} seconds", hint="try it by hand"
        ) from error

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.talk import tell
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.facts.model import Facts, LocalServer
    from reconciler.jsontypes import JsonObject
    from reconciler.ledger.record import Record
    from reconciler.openclaw.live import LiveHost
    from reconciler.policy.model import Policy
    from reconciler.servers.targets import Target


def now() -> datetime:
    return datetime.now(UTC)


def state() -> Path:
    from reconciler.paths import state_dir

    return state_dir(os.environ)


def policy_files(named: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return the policy files, below the working directory as relative paths: plans name them so."""
    from reconciler.policy.find import find

    here = working_directory()
    return tuple(
        path.relative_to(here) if path.is_relative_to(here) else path for path in find(named or (), cwd=here)
    )


def working_directory() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise ReconcilerError("the working directory was deleted", hint="change to another one") from error


def load_policy(named: Sequence[Path] | None) -> Policy:
    """Load the policy and tell its warnings.

    Raises:
        ReconcilerError: there is none, or it has mistakes.
    """
    from reconciler.policy.load import check
    from reconciler.policy.problem import PolicyInvalid

    checked = check(policy_files(named))
    for warning in checked.warnings:
        tell(str(warning))
    if checked.policy is None:
        raise PolicyInvalid(checked.errors)
    return checked.policy


def live_host() -> LiveHost:
    """Return the OpenClaw that a bare `openclaw` would use here."""
    from reconciler.openclaw.home import find_home
    from reconciler.openclaw.live import LiveHost

    home = find_home(os.environ, Path.home())
    return LiveHost(home, os.environ, device_dir=state() / "device", tell=tell)


def local_targets(policy: Policy | None) -> tuple[Target, ...]:
    """Return where local servers may be: on this machine, and where the policy says."""
    from reconciler.servers.targets import ollama_host, targets

    providers = policy.providers if policy else {}
    endpoints = {name: provider.local.endpoint for name, provider in providers.items() if provider.local}
    named = ollama_host(os.environ.get("OLLAMA_HOST", ""))
    return targets(endpoints, also=[named] if named else [])


def local_servers(policy: Policy | None) -> tuple[LocalServer, ...]:
    """Look for local servers where a policy has a use for them: where it names one."""
    if policy is None or not any(provider.local for provider in policy.providers.values()):
        return ()
    from reconciler.servers.detect import detect, known_servers

    return known_servers(detect(local_targets(policy)))


def facts_from(file: Path | None, policy: Policy | None = None, *, fetch: bool = True) -> Facts:
    """Read recorded facts, or gather them live: the host, and the accounts and local servers of *policy*.

    Raises:
        ReconcilerError: the file holds no facts, or the host cannot be read.
    """
    if file is None:
        from reconciler.cli.holds import held_slots
        from reconciler.cli.quota import quota_of, work_of
        from reconciler.facts.gather import gather, no_quota

        with live_host() as host:
            quota = quota_of(policy, fetch=fetch) if policy else no_quota
            found = gather(host, now=now(), servers=local_servers(policy), quota=quota, done=work_of)
            found = found.model_copy(update={"holds": held_slots(host.id), "moved": _moved(host.id)})
        return with_history(found) if policy else found
    from reconciler.documents import read_text
    from reconciler.facts.read import read_facts

    return read_facts(read_text(file), name=str(file))


def _moved(host: str) -> dict[str, datetime]:
    from reconciler.ledger.records import Records
    from reconciler.loop.moves import moved

    return moved(Records(state()).all(), host)


def with_history(facts: Facts) -> Facts:
    """Put in what the ledger holds of use, and the zone that this machine's schedules are read in."""
    from reconciler.cli.quota import open_ledger
    from reconciler.facts.history import histories
    from reconciler.paths import local_zone

    with open_ledger() as ledger:
        history = histories(ledger, facts.taken_at)
    host = facts.host.model_copy(update={"zone": local_zone(os.environ)})
    return facts.model_copy(update={"history": history, "host": host})


def log_action(event: JsonObject) -> None:
    """Add a line to the audit log.

    Raises:
        ReconcilerError: it cannot be written; what was to be logged is not to be done then.
    """
    from reconciler.audit.log import AuditLog

    AuditLog(state()).append(event, now())


def log_record(record: Record) -> None:
    """Add the line of an apply or rollback that begins or has ended.

    Raises:
        ReconcilerError: it cannot be written; of one that has ended it is told how.
    """
    from reconciler.audit.events import of_record

    try:
        log_action(of_record(record))
    except ReconcilerError as error:
        if record.status == "begun":
            raise
        ended = f"{record.action} {record.id} has ended ({record.status}), but {error.problem}"
        raise ReconcilerError(ended, hint=error.hint) from error


def tell_unfinished() -> None:
    """Say which apply a crash cut short, so that nobody builds on half of it unknowingly."""
    from reconciler.ledger.records import Records

    for record in Records(state()).unfinished():
        tell(
            f"warning: {record.action} {record.id} did not finish; undo it with: tactician rollback {record.id}"
        )


def write_out(path: Path, text: str) -> None:
    """Write a plan or facts file for our eyes only.

    Raises:
        ReconcilerError: it cannot be written.
    """
    from reconciler.openclaw.atomic import write_private

    if path.exists() and not path.is_file():
        raise ReconcilerError(f"{path} is not a regular file", hint="name a file, or leave --out away")
    if path.exists() and not _is_ours(path):
        raise ReconcilerError(f"{path} is something else than a plan or facts", hint="name another file")
    write_private(path, text.encode())


def _is_ours(path: Path) -> bool:
    """Tell whether a file may be replaced: an empty one, or a plan or facts of an earlier run."""
    with path.open("rb") as stream:
        beginning = stream.read(4096)
        stream.seek(max(0, path.stat().st_size - 4096))
        end = stream.read()
    return not beginning or b'"apiVersion": "tactician/' in beginning + end

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reconciler.cli.context import live_host, load_policy, local_servers, policy_files, state
from reconciler.cli.quota import this_world
from reconciler.errors import ReconcilerError
from reconciler.ledger.records import Records
from reconciler.ledger.store import FILE, opened
from reconciler.names import account_name
from reconciler.openclaw.host import Snapshot
from reconciler.openclaw.version import parse_version
from reconciler.policy.model import Policy
from reconciler.quota.credentials import Survey, survey
from reconciler.quota.targets import targets
from reconciler.text import printable


_OLDEST_TESTED = parse_version("2026.3.22")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; *hint* is the next step."""

    mark: Literal["ok", "warn", "fail"]
    name: str
    detail: str
    hint: str = ""


def checks(named: Sequence[Path] | None) -> Iterator[Check]:
    """Look at the policy, the host, the gateway, OpenClaw's command and our state, one after the other."""
    yield from _tried("policy", lambda: _policy(named))
    yield from _tried("openclaw", _host)
    yield from _command()
    yield from _tried("state", _state)


def _tried(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except ReconcilerError as error:
        detail = "; ".join((error.problem, *error.evidence[:3]))
        yield Check("fail", name, printable(detail, at_most=400), printable(error.hint, at_most=400))


def _policy(named: Sequence[Path] | None) -> Iterator[Check]:
    policy = load_policy(named)
    files = ", ".join(map(str, policy_files(named)))
    yield Check("ok", "policy", f"{files}: mode {policy.mode}, {len(policy.rules)} rules")
    if not policy.providers:
        yield Check("warn", "providers", "the policy names none, so nothing is decided", "add spec.providers")
    yield from _local(policy)
    yield from _sign_ins(policy)


def _local(policy: Policy) -> Iterator[Check]:
    """Look at the local servers that the policy names."""
    for server in local_servers(policy):
        if not server.providers:
            continue
        detail = printable(f"{', '.join(server.providers)}: {server.kind} at {server.url} is {server.state}")
        if server.state in {"ready", "asleep"}:
            yield Check("ok", "local", f"{detail}, {len(server.models)} models")
        else:
            yield Check("warn", "local", detail, "see: tactician detect-local --verbose")


def _sign_ins(policy: Policy) -> Iterator[Check]:
    """Tell which accounts that a provider is to be asked for have no credential; nobody is asked."""
    asked = targets(policy.providers, this_world())
    found: dict[str, list[Survey]] = {}
    for each in asked.targets:
        name = account_name(each.openclaw_id, each.account)
        found.setdefault(name, []).append(survey(each.provider, each.world, each.login))
    signed_in = [name for name, surveys in found.items() if any(each.missing is None for each in surveys)]
    if signed_in:
        yield Check("ok", "sign-ins", ", ".join(signed_in))
    for name, surveys in found.items():
        if name not in signed_in:
            hint = f"{surveys[0].missing}; more with: tactician credentials {name.partition('/')[0]}"
            yield Check("warn", "sign-ins", f"{name} has none, so its quota is unknown", hint)
    for name in asked.unserved:
        hint = "set quotaSource: self-tracked or manual"
        yield Check("warn", "sign-ins", f"{name}: there is no reader for this provider", hint)


def _host() -> Iterator[Check]:
    with live_host() as host:
        live = host.read()
    yield Check("ok", "openclaw", printable(live.label))
    if live.gateway:
        yield Check("ok", "gateway", f"version {live.version}, read scope granted")
    else:
        hint = "start it: openclaw gateway start"
        yield Check("warn", "gateway", "none answers; plans rest on files, and most writes need it", hint)
    yield from _contents(live)


def _contents(live: Snapshot) -> Iterator[Check]:
    version = parse_version(live.version or "")
    if version is None or (_OLDEST_TESTED and version < _OLDEST_TESTED):
        detail = f"{live.version or 'unknown'}; older than 2026.3.22 is not tested"
        yield Check("warn", "version", detail, "read plans with care")
    for problem in live.jobs.problems:
        yield Check(
            "warn", "jobs", f"{problem.id}: {problem.reason}", "look at: openclaw cron list --all --json"
        )
    yield Check("ok", "jobs", f"{len(live.jobs.jobs)} read from {live.jobs_from}")


def _command() -> Iterator[Check]:
    program = shutil.which("openclaw")
    if program:
        yield Check("ok", "command", f"{program} checks each new configuration before it goes live")
    else:
        hint = "put openclaw on the PATH, so that it can check a configuration before it goes live"
        yield Check("warn", "command", "openclaw is not on the PATH", hint)


def _state() -> Iterator[Check]:
    directory = state()
    if not directory.exists():
        yield Check("ok", "state", f"{directory}, made by the first apply")
        return
    if stat.S_IMODE(directory.stat().st_mode) & 0o077 or not os.access(directory, os.W_OK):
        yield Check("fail", "state", f"{directory} is open to others or read-only", f"chmod 700 {directory}")
        return
    with opened(directory, create=False) as ledger:
        count = ledger.execute("SELECT count(*) FROM records").fetchone()[0] if ledger else 0
    yield Check("ok", "state", f"{directory / FILE}: {count} records")
    records = Records(directory)
    if unreadable := records.unreadable():
        detail = f"{unreadable} cannot be read: damaged, or of a newer tactician"
        yield Check("warn", "records", detail, "update tactician before you roll back")
    for record in records.unfinished():
        yield Check("warn", "crash", f"{record.id} did not finish", f"tactician rollback {record.id}")

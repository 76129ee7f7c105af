"""What the commands about quota have in common: the policy's providers, the world, the ledger, progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.context import live_host, load_policy, now, state
from reconciler.cli.talk import tell
from reconciler.errors import ReconcilerError, UsageError
from reconciler.names import DEFAULT_ACCOUNT


if TYPE_CHECKING:
    import sqlite3

    from reconciler.facts.gather import Quota
    from reconciler.facts.model import HeldSlot, Reading
    from reconciler.facts.quota import Held
    from reconciler.facts.work import Work
    from reconciler.ledger.reconciliation import Reconciliation
    from reconciler.openclaw.host import Snapshot
    from reconciler.policy.document import Provider
    from reconciler.policy.model import Policy
    from reconciler.quota.account import Account
    from reconciler.quota.fetch import Roads
    from reconciler.quota.shape import Answer
    from reconciler.quota.world import World
    from reconciler.render.status import Look


@dataclass(frozen=True, slots=True)
class Answered:
    """Where the accounts stand, and which were not asked because it is too early."""

    accounts: tuple[Account, ...]
    held: tuple[Held, ...] = ()


def roads() -> Roads | None:
    """Return the roads to the providers: the real ones."""
    return None


def this_world() -> World:
    """Return where credentials are looked for on this machine; OpenClaw's own keys are among them if it is here."""
    from reconciler.openclaw.home import find_home
    from reconciler.openclaw.keys import provider_keys
    from reconciler.openclaw.source import read_config
    from reconciler.quota.world import World

    home = find_home(os.environ, Path.home())
    try:
        keys = provider_keys(read_config(home.config_path).value, os.environ, home)
    except ReconcilerError:  # no OpenClaw, or a broken one: the other places still count
        keys = {}
    return World(dict(os.environ), Path.home(), keys)


def chosen(policy: Policy, name: str | None) -> Mapping[str, Provider]:
    """Return the policy's providers, or the one that is named.

    Raises:
        UsageError: the policy has no provider of that name.
    """
    if name is None:
        return policy.providers
    if name not in policy.providers:
        names = ", ".join(policy.providers) or "none"
        raise UsageError(f"the policy has no provider {name!r}", hint=f"it has: {names}")
    return {name: policy.providers[name]}


@contextmanager
def open_ledger() -> Iterator[sqlite3.Connection]:
    from reconciler.ledger.store import opened

    with opened(state(), create=True) as ledger:
        assert ledger is not None
        yield ledger


def survey(
    policy: Policy, *, only: Collection[str] | None = None, fetch: bool, answers: Sequence[Answer] = ()
) -> Answered:
    """Bring the ledger up to date and tell where every account stands; *answers* are the host's own."""
    with open_ledger() as ledger:
        import_usage(ledger)
        return stand(policy, ledger, only=only, fetch=fetch, answers=answers)


def stand(
    policy: Policy,
    ledger: sqlite3.Connection,
    *,
    only: Collection[str] | None = None,
    fetch: bool,
    answers: Sequence[Answer] = (),
) -> Answered:
    """Tell where every account stands by a ledger that knows what the host used."""
    from reconciler.facts.quota import Asking, ask, standings

    moment, world = now(), this_world()
    held: tuple[Held, ...] = ()
    if fetch:
        with progress() as told:
            asking = Asking(only, on_start=told.start, on_answer=told.answer, roads=roads())
            held = ask(policy.providers, world, ledger, moment, asking)
    return Answered(standings(policy.providers, world, ledger, moment, host=tuple(answers)), held)


def known_to_host() -> tuple[Answer, ...]:
    """Return what OpenClaw itself knows of quotas; nothing where it is not here or does not tell."""
    from reconciler.quota.host_usage import answers

    try:
        with live_host() as host:
            return answers(host.quota(), now())
    except ReconcilerError:
        return ()


def import_usage(ledger: sqlite3.Connection) -> None:
    """Copy what the host used into the ledger; trouble with it is told and stops nothing."""
    from reconciler.openclaw.home import find_home
    from reconciler.usage.importer import refresh

    home = find_home(os.environ, Path.home())
    if not home.state_dir.is_dir():
        return

    def told(done: int, of: int) -> None:
        if of > _WORTH_A_WORD:
            _line(f"reading the host's usage: {done * 100 // of} %")

    refreshed = refresh(home, ledger, now(), told)
    _line("")
    for problem in refreshed.problems[:_TOLD]:
        tell(f"warning: usage: {problem}")
    if len(refreshed.problems) > _TOLD:
        tell(f"warning: usage: {len(refreshed.problems) - _TOLD} more files could not be read")


_TOLD = 5
_WORTH_A_WORD = 50_000_000
"""Bytes of transcripts, about a second of reading."""


@contextmanager
def progress() -> Iterator[_Told]:
    """Show on a terminal how many accounts have answered."""
    try:
        yield _Told()
    finally:
        _line("")


class _Told:
    def __init__(self) -> None:
        self._total = self._answered = 0

    def start(self, total: int) -> None:
        self._total = total
        _line(f"asking {total} account{'s' * (total != 1)}" if total else "")

    def answer(self, account: str, answer: Answer) -> None:
        self._answered += 1
        _line(f"{self._answered} of {self._total} accounts asked, last {account}: {answer.status}")


def _line(text: str) -> None:
    """Write over the line of progress; nothing where no terminal is."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def policy_or_none(named: Sequence[Path] | None) -> Policy | None:
    """Return the policy if there is one; what is wrong with it is an error as always."""
    from reconciler.policy.find import NoPolicy

    try:
        return load_policy(named)
    except NoPolicy:
        return None


def known_account(policy: Policy, provider: str, account: str) -> Provider:
    """Return the provider as the policy has it.

    Raises:
        UsageError: the policy has no such provider, or the provider no such account.
    """
    configured = chosen(policy, provider)[provider]
    names = [each.name for each in configured.accounts] or [DEFAULT_ACCOUNT]
    if account not in names:
        raise UsageError(
            f"{provider} has no account {account!r}", hint=f"name one with --account: {', '.join(names)}"
        )
    return configured


def look(policy: Policy) -> Look:
    """Return how status is shown here: in colour on a terminal, unless NO_COLOR says otherwise."""
    from reconciler.render.status import Look

    return Look(
        now=now(),
        warning=policy.warning_threshold,
        critical=policy.critical_threshold,
        colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"),
    )


def accounts_json(
    accounts: Sequence[Account],
    taken_at: datetime,
    holds: Sequence[HeldSlot] = (),
    reconciled: Reconciliation | None = None,
) -> str:
    from reconciler.canonical import pretty
    from reconciler.quota.account import QuotaStatus

    status = QuotaStatus(
        taken_at=taken_at.replace(microsecond=0),
        accounts=tuple(accounts),
        holds=tuple(holds),
        reconciled=reconciled,
    )
    return pretty(status.dump())


def quota_of(policy: Policy, *, fetch: bool) -> Quota:
    """Return what tells the quota facts of the policy's accounts, with what the host itself knows of them.

    It counts in the ledger as `work_of` has brought it up to date.
    """

    def told(snapshot: Snapshot) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
        from reconciler.facts.quota import facts_of_quota
        from reconciler.quota.host_usage import answers

        own = answers(snapshot.quota, now()) if snapshot.quota else ()
        with open_ledger() as ledger:
            return facts_of_quota(stand(policy, ledger, fetch=fetch, answers=own).accounts)

    return told


def work_of(snapshot: Snapshot) -> Work:
    """Tell what the host's jobs and agents used, as the ledger counts it, and what agents are asked.

    Of messages and checklists only counts and features are kept.
    """
    from reconciler.facts.gather import prompt_facts
    from reconciler.facts.usage import usage_facts
    from reconciler.facts.work import Work
    from reconciler.openclaw.checklist import checklists
    from reconciler.openclaw.home import find_home
    from reconciler.openclaw.roster import descriptions
    from reconciler.tasks.signals import signals_of
    from reconciler.usage.asked import asked

    home, problems = find_home(os.environ, Path.home()), list[str]()
    with open_ledger() as ledger:
        import_usage(ledger)
        used = usage_facts(ledger, now())
    config = snapshot.source.value
    described = {agent: signals_of(text) for agent, text in descriptions(config)}
    return Work(
        used,
        asked(home, problems),
        {agent: prompt_facts(signals) for agent, signals in described.items() if signals.words},
        {agent: prompt_facts(signals_of(text)) for agent, text in checklists(home, config, problems).items()},
        tuple(problems),
    )

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

from reconciler.cli.context import load_policy, now, state
from reconciler.cli.talk import tell
from reconciler.errors import ReconcilerError, UsageError


if TYPE_CHECKING:
    import sqlite3

    from reconciler.facts.gather import Quota
    from reconciler.facts.model import Reading
    from reconciler.facts.quota import Held
    from reconciler.facts.work import Work
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
    from reconciler.facts.quota import Asking, ask, standings

    moment, world = now(), this_world()
    with open_ledger() as ledger:
        import_usage(ledger)
        held: tuple[Held, ...] = ()
        if fetch:
            with progress(policy) as told:
                held = ask(
                    policy.providers, world, ledger, moment, Asking(only, on_answer=told, roads=roads())
                )
        return Answered(standings(policy.providers, world, ledger, moment, host=tuple(answers)), held)


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
    for problem in refreshed.problems:
        tell(f"warning: usage: {problem}")


_WORTH_A_WORD = 50_000_000
"""Bytes of transcripts, about a second of reading."""


@contextmanager
def progress(policy: Policy) -> Iterator[_Told]:
    """Show on a terminal how many accounts have answered."""
    total = sum(len(each.accounts) or 1 for each in policy.providers.values() if each.quota_source == "api")
    told = _Told(total)
    _line(f"asking {total} accounts" if total else "")
    try:
        yield told
    finally:
        _line("")


class _Told:
    def __init__(self, total: int) -> None:
        self._total = total
        self._names: list[str] = []

    def __call__(self, account: str, answer: Answer) -> None:
        self._names.append(account)
        _line(f"{len(self._names)} of {self._total} accounts asked, last {account}: {answer.status}")


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
    names = [each.name for each in configured.accounts] or ["default"]
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


def accounts_json(accounts: Sequence[Account], taken_at: datetime) -> str:
    from reconciler.canonical import pretty
    from reconciler.quota.account import QuotaStatus

    return pretty(QuotaStatus(taken_at=taken_at.replace(microsecond=0), accounts=tuple(accounts)).dump())


def quota_of(policy: Policy, *, fetch: bool) -> Quota:
    """Return what tells the quota facts of the policy's accounts, with what the host itself knows of them."""

    def told(snapshot: Snapshot) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
        from reconciler.facts.quota import facts_of_quota
        from reconciler.quota.host_usage import answers

        own = answers(snapshot.quota, now()) if snapshot.quota else ()
        return facts_of_quota(survey(policy, fetch=fetch, answers=own).accounts)

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

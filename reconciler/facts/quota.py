"""Ask the providers, keep what they say in the ledger, and tell where every account of the policy stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.facts.model import Reading
from reconciler.jsontypes import Json
from reconciler.ledger import owner, usage
from reconciler.ledger import readings as kept
from reconciler.ledger.readings import GOOD, Manners, StoredReading
from reconciler.names import DEFAULT_ACCOUNT, account_name
from reconciler.policy.document import Provider
from reconciler.quota import account as accounts
from reconciler.quota.account import Account
from reconciler.quota.fetch import Roads, Target, fetch_all
from reconciler.quota.polite import Asked, after, may_ask_at
from reconciler.quota.shape import Answer
from reconciler.quota.targets import targets
from reconciler.quota.world import World
from reconciler.usage.quota import Standing, standing


DEADLINE_S = 10.0
"""Seconds for a whole round of questions; a provider that takes longer is told of as slow."""
OnAnswer = Callable[[str, Answer], None]


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask: *only* these providers of the policy.

    *on_start* is told how many accounts are asked, *on_answer* account and answer as each arrives.
    """

    only: Collection[str] | None = None
    deadline_s: float = DEADLINE_S
    on_start: Callable[[int], None] | None = None
    on_answer: OnAnswer | None = None
    roads: Roads | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An account that was not asked, because it may not be asked before *until*."""

    account: str
    until: datetime


def ask(
    providers: Mapping[str, Provider], world: World, ledger: sqlite3.Connection, now: datetime, asking: Asking
) -> tuple[Held, ...]:
    """Ask every account that may be asked now, at once, and keep each answer as it comes.

    Of two names of one account only the first is asked.

    Returns:
        The accounts that have to wait, those too that another process is asking.
    """
    due: list[Target] = []
    held: list[Held] = []
    asked = {name: each for name, each in providers.items() if asking.only is None or name in asking.only}
    for target in _targets(asked, world, ledger):
        reader = target.provider
        until = may_ask_at(f"{reader.name}/{target.account}", reader.interval_s, Asked(now))
        assert until is not None
        manners = kept.claim(ledger, *_key(target), now, until)
        if manners:
            held.append(Held(_shown(target), manners.next_ask))
        else:
            due.append(target)
    if asking.on_start:
        asking.on_start(len(due))

    def told(target: Target, answer: Answer) -> None:
        _keep(ledger, target, answer)
        if asking.on_answer:
            asking.on_answer(_shown(target), answer)

    fetch_all(due, now=now, deadline_s=asking.deadline_s, on_result=told, roads=asking.roads)
    return tuple(held)


def _targets(providers: Mapping[str, Provider], world: World, ledger: sqlite3.Connection) -> list[Target]:
    known = kept.answers(ledger)
    once: dict[tuple[str, str], Target] = {}
    for target in targets(providers, world).targets:
        once.setdefault(_key(target), replace(target, previous=_answer(known.get((*_key(target), True)))))
    return list(once.values())


def _key(target: Target) -> tuple[str, str]:
    """Name who asks for whom; two names of one provider in OpenClaw are one account."""
    return target.provider.name, target.account


def _shown(target: Target) -> str:
    return account_name(target.openclaw_id, target.account)


def _keep(ledger: sqlite3.Connection, target: Target, answer: Answer) -> None:
    reader, account = _key(target)
    before = kept.manners(ledger, reader, account)
    asked = after(Asked(answer.taken_at, before.refusals) if before else None, answer)
    next_ask = may_ask_at(f"{reader}/{account}", target.provider.interval_s, asked)
    if answer.error is not None and answer.error.kind == "no_credentials":
        next_ask = answer.taken_at  # nobody was asked
    assert next_ask is not None
    kept.keep_manners(ledger, reader, account, Manners(next_ask, asked.refusals))
    document = answer.dump()
    kept.keep_answer(ledger, reader, account, answer.taken_at, document, good=False)
    if answer.error is None:
        kept.keep_answer(ledger, reader, account, answer.taken_at, document, good=True)
        kept.save(ledger, _stored(target, answer))


def _stored(target: Target, answer: Answer) -> Iterator[StoredReading]:
    for window in answer.windows:
        yield StoredReading(
            provider=target.openclaw_id,
            account=target.account,
            window=window.id,
            taken_at=answer.taken_at,
            source=answer.source,
            state=GOOD if window.state in {"ok", "exhausted", "not_started"} else window.state,
            used_fraction=window.used_fraction,
            used=window.used,
            limit=window.limit,
            unit=window.unit,
            resets_at=window.resets_at,
            plan=answer.plan,
        )


def standings(
    providers: Mapping[str, Provider],
    world: World,
    ledger: sqlite3.Connection,
    now: datetime,
    *,
    host: tuple[Answer, ...] = (),
) -> tuple[Account, ...]:
    """Tell where every account of the policy stands by what the ledger holds, asking nobody.

    *host* is what OpenClaw itself knows of its providers' quota.
    """
    known = kept.answers(ledger)
    asked: dict[str, list[Target]] = {}
    for target in targets(providers, world).targets:
        asked.setdefault(target.openclaw_id, []).append(target)
    found: list[Account] = []
    for name, provider in providers.items():
        if provider.quota_source == "api":
            read = [_read(target, provider, known, ledger) for target in asked.get(name, [])]
            first, *others = _without_idle(read) or [accounts.bare(name, provider)]
            for answer in host:
                first = accounts.from_host(first, answer) if answer.provider == name else first
            found += [_spoken(each, provider, ledger, now) for each in (first, *others)]
        else:
            logins = [each.name for each in provider.accounts] or [DEFAULT_ACCOUNT]
            found += [
                _by_ourselves(accounts.bare(name, provider, each), provider, ledger, now) for each in logins
            ]
    return tuple(found)


def _read(
    target: Target,
    provider: Provider,
    known: Mapping[tuple[str, str, bool], Json],
    ledger: sqlite3.Connection,
) -> Account:
    reader, account = _key(target)
    manners = kept.manners(ledger, reader, account)
    return accounts.answered(
        accounts.bare(target.openclaw_id, provider, account),
        reader,
        good=_answer(known.get((reader, account, True))),
        latest=_answer(known.get((reader, account, False))),
        next_ask=manners.next_ask if manners else None,
    )


def _spoken(account: Account, provider: Provider, ledger: sqlite3.Connection, now: datetime) -> Account:
    """Put in the owner's words and his budget."""
    points = owner.points(ledger, account.provider, account=account.account)
    complete = accounts.worded(accounts.with_reset(account, provider, now), points, provider)
    if provider.budget is None:
        return complete
    return accounts.with_budget(complete, provider, _standing(account, provider, ledger, now), now)


def _without_idle(found: list[Account]) -> list[Account]:
    """Leave out second readers of a provider that have no credential: nobody set them up."""
    idle = [each for each in found if each.error and each.error.kind == "no_credentials" and not each.known]
    working = [each for each in found if each not in idle]
    names = {each.account for each in working}
    lone = {each.account: each for each in reversed(idle) if each.account not in names}
    return [*working, *reversed(lone.values())]


def _by_ourselves(account: Account, provider: Provider, ledger: sqlite3.Connection, now: datetime) -> Account:
    """Tell where a quota stands that the provider is not asked for."""
    points = owner.points(ledger, account.provider, account=account.account)
    named = {point.window: point for point in points if _is_other(point, provider)}
    spoken = accounts.worded(account, named.values(), provider)
    return accounts.counted(spoken, provider, _standing(account, provider, ledger, now), now)


def _is_other(point: owner.Point, provider: Provider) -> bool:
    """Tell whether the owner spoke of another window than the one that the policy describes."""
    return point.window not in {"", accounts.main_window(provider)}


def _standing(account: Account, provider: Provider, ledger: sqlite3.Connection, now: datetime) -> Standing:
    name = account.provider
    if provider.quota_source in {"api", "self-tracked"}:
        source = "self-tracked" if usage.imported(ledger) else "manual"  # nothing read is not nothing used
        provider = provider.model_copy(update={"quota_source": source})
    points = owner.points(ledger, name, account=account.account)
    return standing(
        provider,
        now,
        count=lambda begin, end: usage.total(ledger, begin, end, provider=name),
        uses=lambda begin, end: usage.moments(ledger, name, begin, end),
        points=[point for point in points if not _is_other(point, provider)],
    )


def _answer(document: Json) -> Answer | None:
    return Answer.model_validate(document) if document is not None else None


def facts_of_quota(found: tuple[Account, ...]) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """Return the readings of all accounts, and of which accounts nothing is known and why."""
    told = tuple(reading for account in found for reading in accounts.readings(account))
    unknown = tuple(
        f"the quota of {account.name} is unknown" + (f": {account.error.message}" if account.error else "")
        for account in found
        if not account.known
    )
    return told, unknown

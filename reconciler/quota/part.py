from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.shape import AccountId, Answer, Money, TokenUse, Window, strictest
from reconciler.quota.trouble import Trouble
from reconciler.quota.words import rows


@dataclass(frozen=True, slots=True)
class Part:
    """What one call told; parts add up to the answer of an account, the first to know a thing wins.

    *incomplete* says that something known could not be read.
    """

    windows: tuple[Window, ...] = ()
    money: tuple[Money, ...] = ()
    usage: tuple[TokenUse, ...] = ()
    account: AccountId = field(default_factory=AccountId)
    plan: str | None = None
    plan_raw: str | None = None
    warnings: tuple[str, ...] = ()
    incomplete: bool = False
    memory: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: Part) -> Part:
        taken = {each.id for each in self.money}
        return Part(
            windows=strictest(self.windows + other.windows),
            money=self.money + tuple(each for each in other.money if each.id not in taken),
            usage=self.usage + other.usage,
            account=AccountId(
                id=self.account.id or other.account.id,
                label=self.account.label or other.account.label,
                org=self.account.org or other.account.org,
            ),
            plan=self.plan or other.plan,
            plan_raw=self.plan_raw or other.plan_raw,
            warnings=self.warnings + other.warnings,
            incomplete=self.incomplete or other.incomplete,
            memory={**other.memory, **self.memory},
        )


class Notes:
    """Collects what a parser had to leave out."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.incomplete = False

    def skipped(self, what: str) -> None:
        """Leave out an entry that is not of the known form; the rest stands as it is."""
        self.warnings.append(f"left out {what}: not in the known form")

    def unread(self, what: str) -> None:
        """Give up on something that is known to be there, which makes the answer partial."""
        self.warnings.append(f"could not read {what}")
        self.incomplete = True

    def objects(self, value: Json, what: str) -> Iterator[JsonObject]:
        """Yield the objects of a list; what else stands in it is noted. A list that is none is unread."""
        if value is not None and not isinstance(value, list):
            self.unread(what)
        for each in rows(value):
            if isinstance(each, dict):
                yield each
            else:
                self.skipped(f"an entry of {what}")

    def known(self, body: JsonObject, key: str) -> JsonObject | None:
        """Return the object under *key*; None where it is absent or null, noted where it is something else."""
        value = body.get(key)
        if value is not None and not isinstance(value, dict):
            self.unread(key)
        return value if isinstance(value, dict) else None

    def onto(self, part: Part) -> Part:
        """Return *part* with what was noted."""
        return replace(
            part,
            warnings=part.warnings + tuple(dict.fromkeys(self.warnings)),
            incomplete=part.incomplete or self.incomplete,
        )


def conclude(part: Part, *, provider: str, source: str, now: datetime) -> Answer:
    """Make the answer of an account.

    Raises:
        Trouble: there is nothing to show: `no_plan`, or `bad_response` if something could not be read.
    """
    if not (part.windows or part.money):
        raise (
            Trouble("bad_response", http_status=200)
            if part.incomplete
            else Trouble("no_plan", status="unavailable")
        )
    return Answer(
        provider=provider,
        source=source,
        status="partial" if part.incomplete else "ok",
        taken_at=now,
        account=part.account,
        plan=part.plan,
        plan_raw=part.plan_raw,
        windows=part.windows,
        money=part.money,
        usage=part.usage,
        warnings=part.warnings,
        memory=dict(part.memory),
    )

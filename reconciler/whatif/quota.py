"""What is assumed of a provider's quota: used shares, limits and resets of its windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from reconciler.errors import UsageError
from reconciler.facts.model import Facts, Reading
from reconciler.policy.model import Policy
from reconciler.policy.source import resolve
from reconciler.text import printable
from reconciler.whatif.nearest import meant


SOURCE = "assumed"
"""What a reading says of where its numbers come from once one of them was assumed."""
_USUAL = ("session", "daily", "weekly", "monthly", "quota", "budget")
_HIGHEST = Decimal(10)
_PLACES = Decimal("0.0001")
_SPAN = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def with_quota(policy: Policy, facts: Facts, path: str, text: str) -> Facts:
    """Return the facts with `NAME.used`, `NAME.weekly.limit`, `NAME.work.weekly.resetsAt` or the like set.

    Raises:
        UsageError: there is no such provider, account or window, or the value does not fit.
    """
    path, _, key = path.rpartition(".")
    provider, where = _provider(policy, facts, path)
    chosen = [each for each in facts.readings if each.provider == provider and where in _names(each)]
    readings = facts.readings
    if not chosen:
        chosen = [_unread(facts, provider, where)]
        readings = (*readings, *chosen)
    change = QUOTA[key]
    found = tuple(change(each, text, facts.taken_at) if each in chosen else each for each in readings)
    return facts.model_copy(update={"readings": found})


def _provider(policy: Policy, facts: Facts, path: str) -> tuple[str, str]:
    """Split a path into the provider and what follows; names of providers may hold dots."""
    names = {*policy.providers, *(each.provider for each in facts.readings)}
    fitting = [name for name in names if path == name or path.startswith(f"{name}.")]
    if not fitting:
        wrong = path.partition(".")[0]
        raise UsageError(
            f"--set: there is no provider {printable(wrong)!r}", hint=meant(wrong, names, "providers")
        )
    provider = max(fitting, key=len)
    return provider, path[len(provider) + 1 :]


def _names(reading: Reading) -> set[str]:
    """Return what may stand for a window: nothing, its name, its account, or both."""
    return {"", reading.window, reading.account, f"{reading.account}.{reading.window}"}


def _unread(facts: Facts, provider: str, where: str) -> Reading:
    """Begin a reading of a provider of which none is known."""
    known = {name for each in facts.readings if each.provider == provider for name in _names(each) if name}
    if known or where not in {"", *_USUAL}:
        raise UsageError(
            f"--set: {provider} has no window or account {printable(where)!r}",
            hint=meant(where, known or _USUAL, "windows"),
        )
    return Reading(provider=provider, window=where or "quota", taken_at=facts.taken_at, source=SOURCE)


def _used(reading: Reading, text: str, now: datetime) -> Reading:
    share = _share(text)
    used = None if reading.limit is None else share * reading.limit
    return _assumed(reading, now, used_fraction=share, used=used)


def _limit(reading: Reading, text: str, now: datetime) -> Reading:
    """Set a limit; what is used of it stays as much as it is."""
    limit = resolve(text)
    if isinstance(limit, bool) or not isinstance(limit, int | Decimal) or limit <= 0:
        raise _unfit(
            text, "a number above 0", hint="in the unit that the provider counts in, such as 5000000"
        )
    used = reading.used
    if used is None and reading.limit is not None and reading.used_fraction is not None:
        used = reading.used_fraction * reading.limit
    share = reading.used_fraction if used is None else (used / Decimal(limit)).quantize(_PLACES)
    return _assumed(reading, now, limit=Decimal(limit), used=used, used_fraction=share)


def _resets_at(reading: Reading, text: str, now: datetime) -> Reading:
    return _assumed(reading, now, resets_at=_moment(text, now))


QUOTA: Mapping[str, Callable[[Reading, str, datetime], Reading]] = {
    "used": _used,
    "limit": _limit,
    "resetsAt": _resets_at,
}
"""What can be assumed of a window, by the last word of the path."""


def _assumed(reading: Reading, now: datetime, **changes: object) -> Reading:
    return reading.model_copy(update={**changes, "source": SOURCE, "taken_at": now})


def _share(text: str) -> Decimal:
    number = resolve(text.removesuffix("%").strip())
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise _unfit(text, "a used share", hint="write 0.95 or 95%")
    share = Decimal(number) / 100 if text.endswith("%") else Decimal(number)
    if not 0 <= share <= _HIGHEST:
        raise _unfit(text, "a used share", hint="0.95 and 95% stand for 95 %")
    return share


def _moment(text: str, now: datetime) -> datetime:
    """Read a span from the time of the facts on, or a date or time, which without a zone is UTC."""
    if found := _SPAN.fullmatch(text):
        return now + timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _unfit(text, "a time", hint="write 6h, 3d or 2026-12-01T08:00") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if moment <= now:
        raise _unfit(text, f"a time after {now:%Y-%m-%d %H:%M} UTC", hint="write 6h, 3d or a time to come")
    return moment


def _unfit(text: str, what: str, *, hint: str) -> UsageError:
    return UsageError(f"--set: expected {what}, found {printable(text)!r}", hint=hint)

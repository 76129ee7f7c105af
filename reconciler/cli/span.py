from __future__ import annotations

import re
from datetime import datetime, timedelta

from reconciler.errors import UsageError


_SPAN = re.compile(r"(\d{1,5})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_span(text: str) -> timedelta:
    """Read a span such as `30m`, `6h`, `3d` or `2w`, of a minute or more.

    Raises:
        UsageError: it is none.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise UsageError(f"{text!r} is no span of time", hint="write 30m, 6h, 3d or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def read_moment(text: str, now: datetime) -> datetime:
    """Read a span from now on (`30m`, `6h`, `3d`, `2w`), or a date or time, which without a zone is local.

    Raises:
        UsageError: it is neither, or it has passed.
    """
    if _SPAN.fullmatch(text.strip()):
        return now + read_span(text)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", hint="write 6h, 3d or 2026-12-01T08:00") from error
    moment = moment.astimezone()
    if moment <= now:
        raise UsageError(f"{text!r} has passed", hint="write 6h, 3d or a time to come")
    return moment

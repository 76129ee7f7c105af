from __future__ import annotations

import re
from datetime import datetime, timedelta

from reconciler.errors import UsageError


_SPAN = re.compile(r"(\d{1,5})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(text: str, now: datetime) -> datetime:
    """Read a span from now on (`30m`, `6h`, `3d`, `2w`), or a date or time, which without a zone is local.

    Raises:
        UsageError: it is neither, or it has passed.
    """
    if found := _SPAN.fullmatch(text.strip()):
        return now + timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", hint="write 6h, 3d or 2026-12-01T08:00") from error
    moment = moment.astimezone()
    if moment <= now:
        raise UsageError(f"{text!r} has passed", hint="write 6h, 3d or a time to come")
    return moment

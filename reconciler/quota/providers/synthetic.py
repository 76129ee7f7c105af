from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.look import in_key_file, in_openclaw, in_variables
from reconciler.quota.numbers import dollars, number, of_percent_left, share
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Provider
from reconciler.quota.shape import Window, window
from reconciler.quota.times import moment
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj


_URL: Final = "https://api.synthetic.new/v2/quotas"


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the quotas; what refills in small steps has no reset."""
    headers = {"authorization": f"Bearer {ask.token}", "accept": "application/json"}
    return quotas((await wire.get(_URL, headers=headers)).body)


def quotas(body: JsonObject) -> Part:
    """Read the rolling five hours, the week and the hourly search limit."""
    notes = Notes()
    return notes.onto(Part(windows=tuple(_windows(body, notes))))


def _windows(body: JsonObject, notes: Notes) -> Iterator[Window]:
    session = notes.known(body, "rollingFiveHourLimit")
    if session is not None:
        yield _session(session)
    week = notes.known(body, "weeklyTokenLimit")
    if week is not None:
        yield _week(week)
    hourly = notes.known(obj(body.get("search")), "hourly")
    if hourly is not None:
        limit, used = number(hourly.get("limit")), number(hourly.get("requests"))
        yield window(
            "search_hourly",
            share(used, limit),
            name="search, hourly",
            duration_s=3600,
            used=used,
            limit=limit,
            unit="requests",
            resets_at=moment(hourly.get("renewsAt")),
            scope="search",
            state="not_included" if limit == 0 else None,
        )


def _session(found: JsonObject) -> Window:
    limit, left = number(found.get("max")), number(found.get("remaining"))
    used = limit - left if limit is not None and left is not None else None
    return window(
        "session",
        share(used, limit),
        duration_s=18_000,
        used=used,
        limit=limit,
        unit="requests",
        state="not_included" if limit == 0 else None,
    )


def _week(found: JsonObject) -> Window:
    limit, left = dollars(found.get("maxCredits")), dollars(found.get("remainingCredits"))
    used = limit - left if limit is not None and left is not None else None
    fraction = of_percent_left(number(found.get("percentRemaining")))
    return window(
        "weekly",
        share(used, limit) if fraction is None else fraction,
        duration_s=604_800,
        used=used,
        limit=limit,
        unit="usd" if limit is not None else "percent",
    )


PROVIDER = Provider(
    name="synthetic",
    aliases=frozenset({"synthetic"}),
    interval_s=60,
    hosts=frozenset({"api.synthetic.new"}),
    sources=(in_key_file(), in_openclaw("synthetic"), in_variables("SYNTHETIC_API_KEY")),
    read=read,
    missing="give OpenClaw's provider synthetic a key, or set SYNTHETIC_API_KEY",
    advice={"auth_expired": "The key is not valid any more: make a new one at synthetic.new"},
)

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.credential import api_key
from reconciler.quota.look import chosen_host, in_key_file, in_openclaw
from reconciler.quota.numbers import number, of_percent_left, whole
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Found, Login, Provider, Source
from reconciler.quota.refusal import Reply
from reconciler.quota.shape import Window, strictest, window
from reconciler.quota.times import moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import duration_name, obj, shown, slug
from reconciler.quota.world import World


_HOSTS: Final = ("api.minimax.io", "api.minimaxi.com")  # a key works on one of them
_VARIABLES: Final = ("MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY")
_NO_LIMIT: Final = 3
_WEEK_S: Final = 604_800
_NOT_SIGNED_IN: Final = frozenset({1004, 2049})
_TOO_FAST: Final = 1002


async def read(ask: Ask, wire: Wire) -> Part:
    """Read what is left of the token plan."""
    headers = {"authorization": f"Bearer {ask.token}", "accept": "application/json"}
    url = f"https://{ask.credential.facts.get('host', _HOSTS[0])}/v1/token_plan/remains"
    return remains((await wire.get(url, headers=headers, refusal=_refusal)).body)


def remains(body: JsonObject) -> Part:
    """Read interval and week of every model; counts are used on some plans and left on others, so not read."""
    notes = Notes()
    listed = body.get("model_remains")
    if listed is None:
        listed = obj(body.get("data")).get("model_remains")
    windows: list[Window] = []
    for row in notes.objects(listed, "model_remains"):
        named = slug(shown(row.get("model_name")) or "")
        if not named:
            notes.skipped("an entry of model_remains")
            continue
        prefix = "" if named == "general" else f"{named}:"
        windows += _windows(prefix, row)
    return notes.onto(Part(windows=strictest(windows)))


def _windows(prefix: str, row: JsonObject) -> Iterator[Window]:
    interval = _length(row.get("start_time"), row.get("end_time"))
    if whole(row.get("current_interval_status")) != _NO_LIMIT:
        percent = row.get("current_interval_remaining_percent")
        yield _window(prefix, interval, percent, row.get("end_time"))
    week = _length(row.get("weekly_start_time"), row.get("weekly_end_time"))
    percent, end = row.get("current_weekly_remaining_percent"), row.get("weekly_end_time")
    if whole(row.get("current_weekly_status")) != _NO_LIMIT and (percent is not None or end is not None):
        yield _window(prefix, week or _WEEK_S, percent, end)


def _window(prefix: str, seconds: int | None, percent: Json, end: Json) -> Window:
    return window(
        prefix + duration_name(seconds),
        of_percent_left(number(percent)),
        duration_s=seconds,
        resets_at=moment(end),
        scope=prefix.removesuffix(":") or None,
    )


def _length(start: Json, end: Json) -> int | None:
    began, ends = moment(start), moment(end)
    seconds = int((ends - began).total_seconds()) if began and ends else 0
    return seconds if seconds > 0 else None


def _refusal(reply: Reply) -> Trouble | None:
    """Read the status inside the answer; outside it is always 200."""
    code = whole(obj(obj(reply.json).get("base_resp")).get("status_code"))
    if reply.status != 200 or not code:  # noqa: PLR2004
        return None
    if code in _NOT_SIGNED_IN:
        return Trouble("auth_expired", http_status=200)
    return Trouble("rate_limited" if code == _TOO_FAST else "bad_response", http_status=200)


def _find(world: World, login: Login) -> Found:
    found = None if login.path else world.variable(*_VARIABLES)
    return api_key(*found, host=chosen_host(world, "MINIMAX_API_HOST", _HOSTS)) if found else None


PROVIDER = Provider(
    name="minimax",
    aliases=frozenset({"minimax", "minimax-portal"}),
    interval_s=300,
    hosts=frozenset(_HOSTS),
    sources=(
        in_key_file(),
        Source(where=", ".join(_VARIABLES), find=_find),
        in_openclaw("minimax", "minimax-portal"),
    ),
    read=read,
    missing="set MINIMAX_CODING_API_KEY",
    advice={"auth_expired": "The key is not valid for a token plan: copy it again"},
)

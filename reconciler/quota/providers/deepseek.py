from __future__ import annotations

from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.look import in_key_file, in_openclaw, in_variables
from reconciler.quota.numbers import number, tidy
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Provider
from reconciler.quota.shape import Money
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import shown


_URL: Final = "https://api.deepseek.com/user/balance"


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the money on the account, one row for each currency; it may be negative."""
    headers = {"authorization": f"Bearer {ask.token}", "accept": "application/json"}
    return balance((await wire.get(_URL, headers=headers)).body)


def balance(body: JsonObject) -> Part:
    """Read the balances; the total is what was granted and what was topped up."""
    notes, money = Notes(), []
    if not isinstance(body.get("balance_infos"), list):
        raise Trouble("bad_response", http_status=200)
    for row in notes.objects(body["balance_infos"], "balance_infos"):
        unit, total = shown(row.get("currency")), number(row.get("total_balance"))
        granted, topped_up = number(row.get("granted_balance")), number(row.get("topped_up_balance"))
        if total is None and granted is not None and topped_up is not None:
            total = granted + topped_up
        if unit is None or total is None:
            notes.unread("a balance")
        else:
            money.append(
                Money(id=f"balance_{unit.lower()}", kind="balance", amount=tidy(total), unit=unit.upper())
            )
    if body.get("is_available") is False:
        notes.warnings.append("the balance does not suffice for calls")
    return notes.onto(Part(money=tuple(money)))


PROVIDER = Provider(
    name="deepseek",
    aliases=frozenset({"deepseek"}),
    interval_s=60,
    hosts=frozenset({"api.deepseek.com"}),
    sources=(in_key_file(), in_openclaw("deepseek"), in_variables("DEEPSEEK_API_KEY")),
    read=read,
    missing="give OpenClaw's provider deepseek a key, or set DEEPSEEK_API_KEY",
    advice={"auth_expired": "The key is not valid any more: make a new one at platform.deepseek.com"},
)

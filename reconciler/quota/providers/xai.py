from __future__ import annotations

from typing import Final

from reconciler.quota.credential import Unusable, api_key
from reconciler.quota.numbers import minor
from reconciler.quota.part import Part
from reconciler.quota.provider import Ask, Found, Login, Provider, Source
from reconciler.quota.shape import Money
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj
from reconciler.quota.world import World


_API: Final = "https://management-api.x.ai/v1/billing/teams"


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the prepaid balance, a posted ledger in cents in which credit is negative."""
    url = f"{_API}/{ask.credential.facts['team']}/prepaid/balance"
    body = (await wire.get(url, headers={"authorization": f"Bearer {ask.token}"})).body
    owed = minor(obj(body.get("total")).get("val"), 2)
    if owed is None:
        raise Trouble("bad_response", http_status=200)
    return Part(money=(Money(id="balance", kind="balance", amount=0 - owed, unit="USD"),))


def _find(world: World, login: Login) -> Found:
    found = None if login.path else world.variable("XAI_MANAGEMENT_API_KEY")
    team = world.environ.get("XAI_TEAM_ID", "").strip()
    if found is None:
        return None
    if not (team.isascii() and team.replace("-", "").isalnum()):
        return Unusable(found[0], "needs XAI_TEAM_ID beside it")
    return api_key(*found, kind="management", team=team)


PROVIDER = Provider(
    name="xai",
    aliases=frozenset({"xai"}),
    interval_s=60,
    hosts=frozenset({"management-api.x.ai"}),
    sources=(Source(where="XAI_MANAGEMENT_API_KEY", find=_find),),
    read=read,
    missing="set XAI_MANAGEMENT_API_KEY and XAI_TEAM_ID",
    advice={"auth_expired": "This is not a valid management key: make one in the xAI console"},
)

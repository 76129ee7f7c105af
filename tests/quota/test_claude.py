from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.quota.credential import Credential
from reconciler.quota.fetch import Roads, read_account
from reconciler.quota.provider import Ask, due
from reconciler.quota.registry import providers
from reconciler.quota.shape import Answer
from reconciler.secret import Secret
from tests.cases.provider_usage.case import Exchange, load
from tests.cases.provider_usage.server import replaying
from tests.quota.asking import NOW, TLS


RECORDED = Path(__file__).parents[1] / "fixtures" / "provider-usage" / "claude"
PROVIDER = providers()["claude"]
OLD, NEW = "sessionKey=sk-ant-sid01-EXAMPLE", "sessionKey=sk-ant-sid01-EXAMPLE-RENEWED"


def recorded(name: str) -> tuple[Exchange, ...]:
    return load(RECORDED / f"{name}.json").exchanges


def read(credential: Credential, exchanges: tuple[Exchange, ...], **of_ask: Any) -> tuple[Answer, list[str]]:
    with replaying(exchanges) as server:
        roads = Roads(origins=server.origins(PROVIDER.hosts), retry_pause_s=0)
        question = Ask(credential, now=NOW, **of_ask)
        return asyncio.run(read_account(PROVIDER, question, tls=TLS, roads=roads)), server.wrong


def cookie() -> Credential:
    return Credential(kind="web", where="test", secrets={"cookie": Secret(OLD)})


def token() -> Credential:
    return Credential(kind="oauth", where="test", secrets={"token": Secret("sk-ant-oat01-EXAMPLE")})


def test_a_cookie_that_the_server_renews_is_sent_from_there_on() -> None:
    later = [*recorded("web-overage-ok"), *recorded("web-prepaid-ok")]
    later = [replace(each, headers=each.headers | {"cookie": NEW}) for each in later]

    answer, wrong = read(
        cookie(), (*recorded("web-usage-ok"), *later), side_calls=frozenset({"account", "overage", "prepaid"})
    )

    assert [] == wrong
    assert {"extra_usage": "12.34", "prepaid": "27.5"} == {row.id: str(row.amount) for row in answer.money}
    assert ("Max 5x", "dev@example.com") == (answer.plan, answer.account.label)


def test_a_side_call_that_fails_leaves_the_windows_standing() -> None:
    answer, _ = read(token(), recorded("oauth-usage-ok-max"), side_calls=frozenset({"profile"}))

    assert "partial" == answer.status
    assert 4 == len(answer.windows)
    assert ("profile could not be read: bad_response",) == answer.warnings


def test_whose_account_it_is_is_asked_once_a_day_and_remembered() -> None:
    both = (*recorded("oauth-usage-ok-max"), *recorded("oauth-profile-ok"))
    first, _ = read(token(), both, side_calls=due(PROVIDER, None, NOW))

    again = due(PROVIDER, first, NOW) & {"profile"}
    second, wrong = read(token(), both[:1], memory=first.memory, side_calls=again)

    assert "dev@example.com" == first.account.label
    assert frozenset() == again
    assert [] == wrong
    assert first.account.label == second.account.label

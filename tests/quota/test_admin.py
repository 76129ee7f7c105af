from __future__ import annotations

import asyncio

import pytest

from reconciler.quota.credential import api_key
from reconciler.quota.fetch import Roads, read_account
from reconciler.quota.provider import Ask
from reconciler.quota.registry import providers
from reconciler.quota.shape import Answer
from tests.cases.provider_usage.case import Exchange
from tests.cases.provider_usage.server import replaying
from tests.quota.asking import NOW, TLS


URL = "https://api.anthropic.com/v1/organizations/cost_report"


def page(query: dict[str, str], cents: str, following: str | None) -> Exchange:
    body = {
        "data": [{"results": [{"currency": "USD", "amount": cents}]}],
        "has_more": following is not None,
        "next_page": following,
    }
    return Exchange("GET", URL, query, {}, None, 200, {}, body)


def spent(*pages: Exchange) -> Answer:
    provider = providers()["claude_admin"]
    with replaying(pages) as server:
        roads = Roads(origins=server.origins(provider.hosts), retry_pause_s=0)
        return asyncio.run(read_account(provider, Ask(api_key("t", "k"), now=NOW), tls=TLS, roads=roads))


def test_the_cost_of_the_month_is_summed_over_all_pages() -> None:
    answer = spent(page({}, "123.78912", "p2"), page({"page": "p2"}, "100", None))

    assert [("cost_month", "2.237891")] == [(row.id, str(row.amount)) for row in answer.money]
    assert "ok" == answer.status


@pytest.mark.parametrize("cents", ["NaN", "much"])
def test_an_amount_that_cannot_be_read_makes_the_sum_partial(cents: str) -> None:
    assert "partial" == spent(page({}, "5", "p2"), page({"page": "p2"}, cents, None)).status


def test_pages_without_end_are_given_up() -> None:
    assert "partial" == spent(page({}, "1", "p2")).status

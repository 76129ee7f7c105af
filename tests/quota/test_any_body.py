"""Whatever a provider answers, a parser reads it or says why not; it never breaks, and never tells nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.quota.credential import api_key
from reconciler.quota.host_usage import answers
from reconciler.quota.part import Part
from reconciler.quota.provider import Ask
from reconciler.quota.providers import (
    claude_body,
    claude_web,
    codex,
    copilot,
    deepseek,
    gemini,
    kimi,
    minimax,
    openrouter,
    synthetic,
    zai,
)
from reconciler.quota.refusal import Reply, refused
from reconciler.quota.trouble import Trouble
from reconciler.quota.words import obj
from tests.cases.provider_usage.case import cases
from tests.quota.asking import NOW


RECORDED = Path(__file__).parents[1] / "fixtures" / "provider-usage"
ASK = Ask(api_key("test", "key"), now=NOW)
ODD = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1,
        10**30,
        "",
        "x",
        "-5",
        "NaN",
        "2026-13-45",
        [],
        {},
        [None],
        [[]],
        {"a": 1},
        Decimal("1E+5"),
    ]
)


def reply(body: Any) -> Reply:
    return Reply(200, {}, {}, body, None, NOW)


PARSERS: dict[str, tuple[Callable[[Any], Part], str]] = {
    "claude": (claude_body.usage, "usage"),
    "claude organizations": (lambda body: claude_web.choose([body], ASK.credential), "organizations"),
    "codex": (lambda body: codex.usage(reply(body), ASK), "usage"),
    "copilot": (copilot.seat, "copilot_internal/user"),
    "deepseek": (deepseek.balance, "balance"),
    "gemini": (gemini.quota, "retrieveUserQuota"),
    "kimi": (kimi.code, "usages"),
    "minimax": (minimax.remains, "remains"),
    "openrouter": (lambda body: openrouter.key(obj(body.get("data"))), "key"),
    "synthetic": (synthetic.quotas, "quotas"),
    "zai": (lambda body: zai.limits(obj(body.get("data"))), "limit"),
}
BODIES = {
    name: [
        exchange.answer
        for case in cases(RECORDED / name.partition(" ")[0])
        for exchange in case.exchanges
        if exchange.url.endswith(end) and isinstance(exchange.answer, dict)
    ]
    or [{}]
    for name, (_, end) in PARSERS.items()
}


def twisted(draw: st.DrawFn, value: Any) -> Any:
    """Replace a few values of a body by odd ones."""
    if draw(st.integers(0, 11)) == 0:
        return draw(ODD)
    if isinstance(value, dict):
        return {key: twisted(draw, each) for key, each in value.items()}
    if isinstance(value, list):
        return [twisted(draw, each) for each in value]
    return value


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_any_twist_of_a_recorded_body_is_read_or_refused(name: str, data: st.DataObject) -> None:
    body = twisted(data.draw, data.draw(st.sampled_from(BODIES[name])))
    try:
        part = PARSERS[name][0](body if isinstance(body, dict) else {})
    except Trouble:
        return

    for each in part.windows:
        assert each.used_fraction is None or each.used_fraction >= 0
        assert (each.used_fraction is None) == (
            each.state in {"unknown", "unlimited", "not_included"} or each.limit == 0
        )
    assert len({each.id for each in part.windows}) == len(part.windows)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(body=JSON)
def test_the_hosts_own_status_is_read_whatever_it_is(body: Any) -> None:
    status = body if isinstance(body, dict) else {"providers": body}

    assert isinstance(answers(status, NOW), tuple)


@given(
    body=JSON,
    status=st.integers(100, 599),
    page=st.none() | st.text(max_size=30),
    header=st.text(max_size=20),
)
def test_any_answer_is_data_or_refused_with_a_kind(
    body: Any, status: int, page: str | None, header: str
) -> None:
    headers = {"retry-after": header, "location": header, "cf-mitigated": header}
    trouble = refused(Reply(status, headers, {}, json.loads(json.dumps(body)), page, NOW))

    assert trouble is None or trouble.retry_after_s is None or trouble.retry_after_s > 0
    assert trouble is not None or status < 400

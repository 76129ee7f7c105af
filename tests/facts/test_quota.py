"""Whole questions to real servers of this machine, and what the ledger remembers of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from reconciler.facts.quota import Asking, Held, ask, facts_of_quota, standings
from reconciler.ledger import owner
from reconciler.ledger.readings import since
from reconciler.ledger.store import opened
from reconciler.policy.document import Account as Login
from reconciler.policy.document import Provider
from reconciler.quota.account import Account
from reconciler.quota.shape import Answer
from reconciler.quota.world import World
from reconciler.render.status import Look, status_text
from tests.quota.asking import roads
from tests.quota.loopback import Talk, saying, talking


NOON = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)
PROVIDERS = {"openrouter": Provider(quota_source="api")}
KEY = {"OPENROUTER_API_KEY": "canary-key"}
BODY = {"data": {"label": "k", "limit": 10, "limit_remaining": 6, "usage": 4, "limit_reset": "monthly"}}


def good(**data: Any) -> Talk:
    body = {"data": {**BODY["data"], **data}}
    return saying("200 OK", json.dumps(body).encode(), "content-type: application/json")


class Household:
    """Asks a server of this machine as `openrouter.ai`, at times after noon."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._roads = roads(port, "openrouter.ai")
        self.world = World(dict(KEY), folder)

    def ask(self, minutes: float = 0) -> tuple[Held, ...]:
        with opened(self._folder, create=True) as ledger:
            assert ledger
            asking = Asking(roads=self._roads)
            return ask(PROVIDERS, self.world, ledger, NOON + timedelta(minutes=minutes), asking)

    def account(self, minutes: float = 0) -> Account:
        with opened(self._folder, create=True) as ledger:
            assert ledger
            (found,) = standings(PROVIDERS, self.world, ledger, NOON + timedelta(minutes=minutes))
            return found

    def readings(self) -> int:
        with opened(self._folder, create=True) as ledger:
            assert ledger
            return len(since(ledger, NOON))


@contextmanager
def serving(folder: Path, talk: Talk) -> Iterator[tuple[Household, list[bytes]]]:
    with talking(talk) as server:
        yield Household(folder, server.server_address[1]), server.asked


def test_a_reading_is_kept_and_the_provider_is_not_asked_again_before_its_interval(tmp_path: Path) -> None:
    with serving(tmp_path, good()) as (home, asked):
        assert () == home.ask()
        before = len(asked)
        (held,) = home.ask(0.5)

        assert ("openrouter", before) == (held.account, len(asked))
        assert held.until > NOON + timedelta(minutes=1)
        assert () == home.ask(5)
        assert len(asked) > before
    assert Decimal("0.4") == next(
        each.used_fraction for each in facts_of_quota((home.account(6),))[0] if each.used_fraction is not None
    )


def test_two_names_of_one_account_are_one_question(tmp_path: Path) -> None:
    providers = {name: Provider(quota_source="api") for name in ("zai", "bigmodel")}
    world = World({"Z_AI_API_KEY": "canary-key"}, tmp_path)
    with talking(saying("200 OK", b"{}")) as server, opened(tmp_path, create=True) as ledger:
        assert ledger
        way = roads(server.server_address[1], "api.z.ai", "open.bigmodel.cn")
        begun: list[int] = []

        assert () == ask(providers, world, ledger, NOON, Asking(roads=way, on_start=begun.append))

    assert ([1], 1) == (begun, sum(b"/quota/limit" in each for each in server.asked))


def test_two_processes_at_once_ask_a_provider_only_once(tmp_path: Path) -> None:
    """The second one comes while the first waits for the answer."""
    others: list[tuple[Held, ...]] = []
    meanwhile: list[str] = []

    def talk(connection: socket, over: threading.Event) -> None:
        if not others:
            others.append(())
            others[0] = home.ask(0.1)
            text = status_text((home.account(0.1),), Look(NOON, Decimal("0.8"), Decimal("0.95")))
            meanwhile.append(" ".join(text.split()))
        good()(connection, over)

    with serving(tmp_path, talk) as (home, asked):
        assert () == home.ask()

    assert ["openrouter"] == [held.account for held in others[0]]
    assert "unknown: asked just now, with no answer yet" in meanwhile[0]
    assert 1 == sum(b"/api/v1/key " in each for each in asked)


def test_an_answer_is_kept_although_the_program_is_ended_before_the_slow_one_comes(tmp_path: Path) -> None:
    def interrupted(_account: str, _answer: Answer) -> None:
        raise KeyboardInterrupt

    with talking(good()) as server, opened(tmp_path, create=True) as ledger:
        assert ledger
        asking = Asking(roads=roads(server.server_address[1], "openrouter.ai"), on_answer=interrupted)
        with pytest.raises(KeyboardInterrupt):
            ask(PROVIDERS, World(dict(KEY), tmp_path), ledger, NOON, asking)

        assert since(ledger, NOON)


def test_what_a_provider_asks_to_wait_is_kept_over_the_end_of_the_program(tmp_path: Path) -> None:
    with serving(tmp_path, saying("429 Too Many Requests", b"{}", "retry-after: 3600")) as (home, _):
        home.ask()
    with serving(tmp_path, good()) as (home, asked):
        (held,) = home.ask(30)

        assert NOON + timedelta(minutes=60) == held.until
        assert [] == asked
        assert () == home.ask(61)
    assert home.account(61).known


def test_the_last_good_reading_stands_with_its_age_while_the_provider_fails(tmp_path: Path) -> None:
    with serving(tmp_path, good()) as (home, _):
        home.ask()
    with serving(tmp_path, saying("500 Oops", b"{}")) as (home, _):
        home.ask(10)
        found = home.account(10)

    assert (True, NOON) == (found.stale, found.taken_at)
    assert found.windows
    assert found.error
    assert found.error.kind == "server_error"


def test_without_a_sign_in_nobody_is_asked_and_a_later_one_counts_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, good()) as (home, asked):
        home.world = World({}, tmp_path)
        home.ask()
        found = home.account()

        assert [] == asked
        assert found.error
        assert ("no_credentials", False) == (found.error.kind, found.known)
        home.world = World(dict(KEY), tmp_path)
        assert () == home.ask(0.1)
        assert home.account(0.2).known


def test_accounts_that_nobody_reads_are_unknown_and_said_to_be(tmp_path: Path) -> None:
    providers = {
        "acme": Provider(quota_source="api"),
        "zai": Provider(quota_source="self-tracked"),
        "kimi": Provider(quota_source="manual"),
        "ollama": Provider(quota_source="unlimited", tier="local"),
        "google": Provider(
            quota_source="api",
            accounts=(Login(name="a", credentials_path="a.json"), Login(name="b", credentials_path="b.json")),
        ),
    }
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        found = standings(providers, World({}, tmp_path), ledger, NOON)
        readings, unknown = facts_of_quota(found)

    assert () == readings
    assert ["acme", "zai", "kimi", "google/a", "google/b"] == [
        line.split(" is ")[0].split(" of ")[1] for line in unknown
    ]


def test_the_owners_words_of_several_accounts_are_kept_apart(tmp_path: Path) -> None:
    logins = tuple(Login(name=name, credentials_path=f"{name}.json") for name in ("a", "b"))
    providers = {"kimi": Provider(quota_source="manual", accounts=logins)}
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        owner.set_usage(ledger, "kimi", NOON, used_fraction=Decimal("0.9"), account="b")
        found = standings(providers, World({}, tmp_path), ledger, NOON)

    assert [None, Decimal("0.9")] == [each.windows[0].used_fraction for each in found]

"""Another program's sign-in, renewed where the policy allows it; both ends are files and servers of this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from reconciler.policy.document import Account, Provider
from reconciler.quota.credential import Credential, signed_in
from reconciler.quota.fetch import fetch_all
from reconciler.quota.provider import Ask
from reconciler.quota.providers import claude
from reconciler.quota.registry import providers
from reconciler.quota.rotate import rotate
from reconciler.quota.shape import Answer
from reconciler.quota.targets import targets
from reconciler.quota.wire import Wire
from reconciler.quota.world import World
from tests.quota.asking import NOW, TLS, roads
from tests.quota.loopback import Talk, saying, talking


EXPIRED = int(datetime(2026, 9, 20, 9, 0, tzinfo=UTC).timestamp() * 1000)
CLAUDE = {
    "claudeAiOauth": {
        "accessToken": "canary-old-access",
        "refreshToken": "canary-old-refresh",
        "expiresAt": EXPIRED,
        "scopes": ["user:profile"],
        "subscriptionType": "max",
    },
    "mcpOAuth": {"kept": "ünchanged"},
}
CODEX = {
    "OPENAI_API_KEY": None,
    "tokens": {
        "access_token": "canary-old-access",
        "refresh_token": "canary-old-refresh",
        "account_id": "a-1",
    },
    "last_refresh": "2026-09-01T00:00:00Z",
}
NEW = {
    "access_token": "canary-new-access",
    "refresh_token": "canary-new-refresh",
    "id_token": "canary-new-identity",
    "expires_in": 28800,
}
CLAUDE_USAGE = {"five_hour": {"utilization": 37, "resets_at": "2026-09-20T15:00:00Z"}}
CODEX_USAGE = {"rate_limit": {"primary_window": {"used_percent": 37, "limit_window_seconds": 18000}}}


def json_of(body: Any) -> bytes:
    return json.dumps(body).encode()


class Home:
    """A sign-in in a file, and a server that knows which tokens are valid."""

    def __init__(self, file: Path, port: int, asked: list[bytes]) -> None:
        self.file = file
        self.port = port
        self.asked = asked

    def fetch(self, name: str, *, refresh: bool) -> Answer:
        account = Account(name="me", credentials_path=str(self.file), refresh=refresh)
        policy = {name: Provider(quota_source="api", accounts=(account,))}
        found = targets(policy, World({}, self.file.parent)).targets
        hosts = providers()[found[0].provider.name].hosts
        (answer,) = fetch_all(found, now=NOW, deadline_s=10, roads=roads(self.port, *hosts))
        return answer

    def renewals(self) -> int:
        return sum(b"/oauth/token" in each for each in self.asked)


@contextmanager
def home(folder: Path, content: Any, on_renewal: Talk | None = None) -> Iterator[Home]:
    def talk(connection: socket, over: threading.Event) -> None:
        request = server.asked[-1]
        if b"/oauth/token" in request:
            (on_renewal or saying("200 OK", json_of(NEW)))(connection, over)
        elif b"canary-new-access" not in request:
            saying("401 Unauthorized", b"{}")(connection, over)
        elif b"/api/oauth/usage" in request:
            saying("200 OK", json_of(CLAUDE_USAGE))(connection, over)
        elif b"/wham/usage" in request:
            saying("200 OK", json_of(CODEX_USAGE))(connection, over)
        else:
            saying("404 Not Found", b"{}")(connection, over)

    file = folder / "sign-in.json"
    file.write_text(json.dumps(content))
    file.chmod(0o640)
    with talking(talk) as server:
        yield Home(file, server.server_address[1], server.asked)


@pytest.mark.parametrize(("name", "content"), [("anthropic", CLAUDE), ("openai-codex", CODEX)])
def test_without_the_owners_word_nothing_is_renewed_or_written(
    tmp_path: Path, name: str, content: Any
) -> None:
    with home(tmp_path, content) as one:
        before = one.file.stat()
        answer = one.fetch(name, refresh=False)

        assert answer.error
        assert ("auth_expired", 0) == (answer.error.kind, one.renewals())
        assert content == json.loads(one.file.read_text())
        assert before.st_mode == one.file.stat().st_mode
        assert 1 >= sum(b"/usage " in each for each in one.asked)


def test_an_expired_sign_in_of_claude_is_renewed_and_written_back(tmp_path: Path) -> None:
    with home(tmp_path, CLAUDE) as one:
        answer = one.fetch("anthropic", refresh=True)

        assert (None, 1) == (answer.error, one.renewals())
        entry = {
            "accessToken": "canary-new-access",
            "refreshToken": "canary-new-refresh",
            "expiresAt": int(NOW.timestamp() + 28800) * 1000,
            "scopes": ["user:profile"],
            "subscriptionType": "max",
        }
        assert {"claudeAiOauth": entry, "mcpOAuth": CLAUDE["mcpOAuth"]} == json.loads(one.file.read_text())
        assert 0o600 == one.file.stat().st_mode & 0o777
        assert [one.file] == list(tmp_path.iterdir())
        assert "canary" not in answer.model_dump_json()


def test_a_sign_in_of_codex_that_is_refused_is_renewed_and_written_back(tmp_path: Path) -> None:
    with home(tmp_path, CODEX) as one:
        answer = one.fetch("openai-codex", refresh=True)

        assert (None, 1) == (answer.error, one.renewals())
        found = json.loads(one.file.read_text())
        assert "2026-09-20T10:00:00Z" == found["last_refresh"]
        assert {
            "access_token": "canary-new-access",
            "refresh_token": "canary-new-refresh",
            "id_token": "canary-new-identity",
            "account_id": "a-1",
        } == found["tokens"]


def test_a_refusal_to_renew_leaves_the_file_and_asks_to_sign_in(tmp_path: Path) -> None:
    refusal = saying("400 Bad Request", json_of({"error": "invalid_grant"}))
    with home(tmp_path, CLAUDE, refusal) as one:
        answer = one.fetch("anthropic", refresh=True)

        assert answer.error
        assert ("auth_expired", 1) == (answer.error.kind, one.renewals())
        assert CLAUDE == json.loads(one.file.read_text())


def test_what_its_program_writes_meanwhile_stands(tmp_path: Path) -> None:
    theirs = {"claudeAiOauth": {**CLAUDE["claudeAiOauth"], "refreshToken": "canary-theirs"}}  # type: ignore[dict-item]

    def talk(connection: socket, over: threading.Event) -> None:
        one.file.write_text(json.dumps(theirs))
        saying("200 OK", json_of(NEW))(connection, over)

    with home(tmp_path, CLAUDE, talk) as one:
        one.fetch("anthropic", refresh=True)

        assert theirs == json.loads(one.file.read_text())


def test_a_new_sign_in_is_written_although_the_fetch_is_ended_before_it_comes(tmp_path: Path) -> None:
    """The old one died with the question: forgetting the new one would sign the owner out."""
    asked, ended = threading.Event(), threading.Event()

    def talk(connection: socket, over: threading.Event) -> None:
        asked.set()
        ended.wait(20)
        saying("200 OK", json_of(NEW))(connection, over)

    async def cancelled(one: Home) -> None:
        rotation = claude.PROVIDER.rotation
        assert rotation
        credential = Credential("oauth", "file", signed_in("canary-old-access", "canary-old-refresh"))
        way = roads(one.port, *claude.PROVIDER.hosts)
        async with Wire(claude.PROVIDER.hosts, now=NOW, tls=TLS, origins=way.origins) as wire:
            work = asyncio.create_task(rotate(rotation, Ask(credential, now=NOW), one.file, wire))
            await asyncio.to_thread(asked.wait, 20)
            work.cancel()
            ended.set()
            with pytest.raises(asyncio.CancelledError):
                await work

    with home(tmp_path, CLAUDE, talk) as one:
        asyncio.run(cancelled(one))

        assert "canary-new-refresh" in one.file.read_text()


def test_nothing_is_asked_where_the_file_cannot_be_replaced(tmp_path: Path) -> None:
    with home(tmp_path, CLAUDE) as one:
        (tmp_path / "second-name.json").hardlink_to(one.file)
        answer = one.fetch("anthropic", refresh=True)

        assert answer.error
        assert "its file cannot be written" in answer.error.message
        assert 0 == one.renewals()

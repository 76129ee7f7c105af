from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket

from reconciler.quota.fetch import Target, fetch_all
from reconciler.quota.provider import Login
from reconciler.quota.registry import providers
from reconciler.quota.shape import Answer
from reconciler.quota.world import World
from tests.quota.asking import NOW, roads
from tests.quota.loopback import Talk, saying, talking


BALANCE = json.dumps(
    {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "3.52"}]}
).encode()
HOST = "api.deepseek.com"


def world(home: Path, **environ: str) -> World:
    return World(environ=environ, home=home, run=lambda _command, _environ: None)


def accounts(home: Path, count: int) -> list[Target]:
    found = []
    for number in range(count):
        home.joinpath(f"key-{number}").write_text(f"CANARY-{number}\n")
        login = Login(name=f"account-{number}", path=f"~/key-{number}")
        found.append(Target(providers()["deepseek"], "deepseek", world(home), login))
    return found


@contextmanager
def served(talk: Talk) -> Iterator[int]:
    with ExitStack() as stack:
        yield stack.enter_context(talking(talk)).server_address[1]


def test_ten_accounts_are_asked_at_the_same_time(tmp_path: Path) -> None:
    """No answer is given before all ten questions have come: one after the other, none ever would be."""
    together = threading.Barrier(10)

    def talk(connection: socket, over: threading.Event) -> None:
        together.wait(timeout=10)
        saying("200 OK", BALANCE)(connection, over)

    with served(talk) as port:
        answers = fetch_all(accounts(tmp_path, 10), now=NOW, deadline_s=20, roads=roads(port, HOST))

    assert ["ok"] * 10 == [each.status for each in answers]


def test_a_silent_provider_holds_up_nobody_and_gets_its_own_answer(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    def talk(connection: socket, over: threading.Event) -> None:
        saying("200 OK", BALANCE)(connection, over)

    def silence(_connection: socket, over: threading.Event) -> None:
        over.wait(20)

    slow, quick = (
        Target(providers()["openrouter"], "openrouter", world(tmp_path, OPENROUTER_API_KEY="k")),
        accounts(tmp_path, 1)[0],
    )

    def hear(target: Target, answer: Answer) -> None:
        heard.append((target.openclaw_id, answer.error.kind if answer.error else answer.status))

    with served(talk) as port, served(silence) as silent:
        way = roads(port, HOST)
        both = {**way.origins, **roads(silent, "openrouter.ai").origins}
        answers = fetch_all(
            [slow, quick], now=NOW, deadline_s=1, on_result=hear, roads=type(way)(origins=both, call_s=30)
        )

    assert [("deepseek", "ok"), ("openrouter", "timeout")] == heard
    assert ["error", "ok"] == [each.status for each in answers]


def test_no_credential_says_what_to_do(tmp_path: Path) -> None:
    target = Target(providers()["codex"], "openai", world(tmp_path))

    (answer,) = fetch_all([target], now=NOW, deadline_s=5)

    assert answer.error
    assert ("no_credentials", "no sign-in found: run `codex login`") == (
        answer.error.kind,
        answer.error.message,
    )


def test_an_expired_file_is_not_asked_with(tmp_path: Path) -> None:
    folder = tmp_path / ".claude"
    folder.mkdir()
    entry = {"accessToken": "CANARY", "expiresAt": 1789000000000, "scopes": ["user:profile"]}
    folder.joinpath(".credentials.json").write_text(json.dumps({"claudeAiOauth": entry}))

    with talking(saying("200 OK", b"{}")) as server:
        target = Target(providers()["claude"], "anthropic", world(tmp_path))
        way = roads(server.server_address[1], "api.anthropic.com")
        (answer,) = fetch_all([target], now=NOW, deadline_s=5, roads=way)

        assert answer.error
        assert "auth_expired" == answer.error.kind
        assert [] == server.asked


def test_a_setup_token_is_followed_by_the_file(tmp_path: Path) -> None:
    folder = tmp_path / ".claude"
    folder.mkdir()
    entry = {"accessToken": "of-the-file", "scopes": ["user:profile"], "subscriptionType": "pro"}
    folder.joinpath(".credentials.json").write_text(json.dumps({"claudeAiOauth": entry}))
    scope = (
        b'{"error": {"type": "permission_error", "message": "does not meet scope requirement user:profile"}}'
    )
    usage = b'{"seven_day": {"utilization": 42, "resets_at": "2026-09-23T23:00:00Z"}}'

    with talking(lambda *_: None) as server:

        def talk(connection: socket, over: threading.Event) -> None:
            told = b"of-the-file" in server.asked[-1]
            saying("200 OK" if told else "403 Forbidden", usage if told else scope)(connection, over)

        server.talk = talk
        target = Target(providers()["claude"], "anthropic", world(tmp_path, CLAUDE_CODE_OAUTH_TOKEN="setup"))
        way = roads(server.server_address[1], "api.anthropic.com")
        (answer,) = fetch_all([target], now=NOW, deadline_s=5, roads=way)

    assert ["weekly"] == [each.id for each in answer.windows]


def test_a_token_that_its_owner_has_renewed_meanwhile_is_tried_once(tmp_path: Path) -> None:
    key = tmp_path / "key-0"
    targets = accounts(tmp_path, 1)

    with talking(lambda *_: None) as server:

        def talk(connection: socket, over: threading.Event) -> None:
            fresh = b"Bearer renewed" in server.asked[-1]
            key.write_text("renewed")
            saying("200 OK" if fresh else "401 Unauthorized", BALANCE if fresh else b"{}")(connection, over)

        server.talk = talk
        (answer,) = fetch_all(targets, now=NOW, deadline_s=5, roads=roads(server.server_address[1], HOST))

        assert "ok" == answer.status
        assert 2 == len(server.asked)

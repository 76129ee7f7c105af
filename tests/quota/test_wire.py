from __future__ import annotations

import asyncio
import json
import threading
from socket import socket

import pytest

from reconciler.quota.credential import api_key
from reconciler.quota.fetch import Roads, read_account
from reconciler.quota.provider import Ask
from reconciler.quota.registry import providers
from reconciler.quota.shape import Answer
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import LARGEST, Wire
from tests.quota.asking import NOW, TLS, ask
from tests.quota.loopback import Talk, saying, talking


KEY = json.dumps({"data": {"limit": 20, "limit_remaining": 15, "limit_reset": "weekly"}}).encode()
JSON = "content-type: application/json"


def openrouter(talk: Talk, *, call_s: float = 5) -> tuple[Answer, list[bytes]]:
    with talking(talk) as server:
        return ask("openrouter", server.server_address[1], call_s=call_s), server.asked


def kind(answer: Answer) -> str | None:
    return answer.error.kind if answer.error else None


def test_a_good_answer_is_read_whatever_its_content_type() -> None:
    for content_type in ("application/json", "text/plain", "text/html"):
        answer, _ = openrouter(saying("200 OK", KEY, f"content-type: {content_type}"))

        assert "ok" == answer.status


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html><title>Just a moment...</title></html>", "blocked"),
        (b"<html><form>Sign in <input type='password'></form></html>", "auth_expired"),
        (b"<html>hello</html>", "blocked"),
        (b"hello", "bad_response"),
        (b"", "bad_response"),
        (b'"text"', "bad_response"),
        (b"[]", "bad_response"),
        (b'{"data": ', "bad_response"),
        (b"[" * 100_000, "bad_response"),
        (b"\xff\xfe\x00", "bad_response"),
    ],
)
def test_what_is_no_reading_is_an_error_and_never_a_traceback(body: bytes, expected: str) -> None:
    answer, _ = openrouter(saying("200 OK", body))

    assert expected == kind(answer)


def test_numbers_without_end_and_without_sense_hide_nothing_else() -> None:
    body = (
        b'{"data": {"limit": 20, "limit_remaining": 15, "usage_daily": NaN, "usage_weekly": 1'
        + b"0" * 9000
        + b"}}"
    )

    answer, _ = openrouter(saying("200 OK", body))

    assert ["key_budget"] == [each.id for each in answer.windows]
    assert () == answer.money


def test_a_redirect_is_not_followed() -> None:
    with talking(saying("200 OK", KEY)) as other:
        elsewhere = f"location: http://127.0.0.1:{other.server_address[1]}/"
        answer, _ = openrouter(saying("302 Found", b"", elsewhere))

        assert "blocked" == kind(answer)
        assert [] == other.asked


def test_a_redirect_to_a_login_page_is_an_expired_sign_in() -> None:
    answer, _ = openrouter(saying("302 Found", b"", "location: https://openrouter.ai/login?next=/"))

    assert "auth_expired" == kind(answer)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("retry-after: 30", 30),
        ("retry-after: 0", None),
        ("retry-after: -5", None),
        ("retry-after: soon", None),
        ("retry-after: Sun, 20 Sep 2026 10:05:00 GMT", 300),
        ("retry-after: 99999999999", 7 * 86_400),
    ],
)
def test_a_429_is_not_repeated_and_its_wait_is_kept(header: str, expected: int | None) -> None:
    answer, asked = openrouter(saying("429 Too Many Requests", b"{}", header))

    assert answer.error
    assert ("rate_limited", expected) == (answer.error.kind, answer.error.retry_after_s)
    assert 1 == len(asked)


def test_a_failing_server_is_asked_once_more_and_no_oftener() -> None:
    answer, asked = openrouter(saying("503 Service Unavailable", b"<html>"))

    assert "server_error" == kind(answer)
    assert 2 == len(asked)


def test_the_second_answer_counts() -> None:
    answers = iter((saying("500 Oops"), saying("200 OK", KEY)))

    def talk(connection: socket, over: threading.Event) -> None:
        next(answers)(connection, over)

    answer, _ = openrouter(talk)

    assert "ok" == answer.status


def test_a_body_that_ends_early_is_a_broken_connection() -> None:
    answer, _ = openrouter(saying("200 OK", KEY, length=len(KEY) + 10))

    assert "network" == kind(answer)


def test_a_body_without_end_is_cut_off() -> None:
    answer, _ = openrouter(saying("200 OK", b" " * (LARGEST + 70_000) + KEY))

    assert "bad_response" == kind(answer)


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\n\r\n{", b"HTTP/1.1 200 OK\r\nx: "])
def test_an_answer_that_drips_in_is_given_up(begin: bytes) -> None:
    def drip(connection: socket, over: threading.Event) -> None:
        connection.sendall(begin)
        while not over.wait(0.02):
            connection.sendall(b"1")

    answer, _ = openrouter(drip, call_s=0.3)

    assert "timeout" == kind(answer)


def test_a_server_that_is_not_there_is_a_network_error() -> None:
    with talking(saying("200 OK")) as server:
        port = server.server_address[1]

    assert "network" == kind(ask("openrouter", port))


def test_a_real_host_is_asked_over_tls_only_and_no_other_host_at_all() -> None:
    async def get(url: str, origins: dict[str, str]) -> None:
        async with Wire(frozenset({"api.example.com"}), now=NOW, tls=TLS, origins=origins) as wire:
            await wire.get(url, headers={"authorization": "Bearer CANARY"})

    for url, origins in (
        ("http://api.example.com/x", {}),
        ("https://api.example.com.evil.example/x", {}),
        ("https://user@api.example.com/x", {}),
        ("https://api.example.com:444/x", {}),
        ("https://api.example.com/x", {"https://api.example.com": "http://192.0.2.1"}),
    ):
        with pytest.raises(Trouble) as caught:
            asyncio.run(get(url, origins))

        assert "unsupported" == caught.value.kind


def test_a_plain_server_where_tls_is_due_gets_no_credential() -> None:
    provider = providers()["openrouter"]
    with talking(saying("200 OK", KEY)) as server:
        origins = {"https://openrouter.ai": f"https://127.0.0.1:{server.server_address[1]}"}
        question = Ask(api_key("test", "CANARY-KEY"), now=NOW)
        answer = asyncio.run(
            read_account(provider, question, tls=TLS, roads=Roads(origins=origins, retry_pause_s=0))
        )

        assert "network" == kind(answer)
        assert not any(b"CANARY" in each for each in server.asked)


def test_a_key_with_a_line_break_is_not_sent() -> None:
    with talking(saying("200 OK", KEY)) as server:
        answer = ask("openrouter", server.server_address[1], api_key("test", "CANARY\r\nx-injected: 1"))

        assert "no_credentials" == kind(answer)
        assert [] == server.asked


def test_a_cookie_that_one_answer_sets_is_not_sent_by_itself() -> None:
    with_cookie = saying("500 Oops", b"", "set-cookie: tracking=CANARY; Path=/")
    _, asked = openrouter(with_cookie)

    assert not any(b"tracking" in each for each in asked)

from __future__ import annotations

from datetime import timedelta

from reconciler.quota.polite import Asked, after, may_ask_at
from reconciler.quota.shape import Answer, ErrorInfo, ErrorKind, window
from tests.quota.asking import NOW


GOOD = Answer(provider="claude", source="oauth", status="ok", taken_at=NOW, windows=(window("weekly", None),))


def failed(kind: ErrorKind, *, wait_s: int | None = None, minutes: int = 10) -> Answer:
    error = ErrorInfo(kind=kind, message="no", retry_after_s=wait_s)
    return Answer(
        provider="claude",
        source="oauth",
        status="error",
        taken_at=NOW + timedelta(minutes=minutes),
        error=error,
    )


def wait_s(last: Asked, interval_s: int = 300) -> float:
    at = may_ask_at("claude/default", interval_s, last)
    assert at
    return (at - last.at).total_seconds()


def test_who_was_never_asked_may_be_asked_now() -> None:
    assert may_ask_at("claude/default", 300, None) is None


def test_nobody_is_asked_before_the_interval_is_over_and_two_accounts_not_in_step() -> None:
    last = after(None, GOOD)
    first, second = (may_ask_at(f"claude/{name}", 300, last) for name in ("a", "b"))

    assert first
    assert second
    assert first != second
    assert all(300 <= (each - NOW).total_seconds() <= 330 for each in (first, second))


def test_what_the_provider_asks_to_wait_is_kept() -> None:
    assert 7200 == wait_s(after(None, failed("rate_limited", wait_s=7200)))
    assert 300 <= wait_s(after(None, failed("rate_limited", wait_s=5))) <= 330


def test_refusals_without_a_time_double_the_wait_up_to_six_hours() -> None:
    last: Asked | None = None
    waits = []
    for _ in range(9):
        last = after(last, failed("rate_limited"))
        waits.append(wait_s(last, 60))

    assert [300, 600, 1200, 2400, 4800, 9600, 19200, 21600, 21600] == waits


def test_an_answer_ends_a_row_of_refusals_and_an_expired_sign_in_does_not_lengthen_it() -> None:
    last = after(after(None, failed("rate_limited")), failed("server_error"))

    assert 2 == last.refusals
    assert 0 == after(last, GOOD).refusals
    assert 0 == after(last, failed("auth_expired")).refusals

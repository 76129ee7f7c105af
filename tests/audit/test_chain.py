from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.audit.chain import Break, Checked, check, continued, entries, linked


STAMP = {"at": "2026-09-14T12:00:00+00:00", "who": "owner"}


def extended(log: bytes, name: str) -> bytes:
    return log + continued({"action": name, **STAMP}, log, STAMP)


def chain(*names: str) -> bytes:
    log = b""
    for name in names:
        log = extended(log, name)
    return log


LOG = chain("one", "two", "three", "four")
LINES = LOG.splitlines(keepends=True)
EDITED = "it was edited: its digest is not that of its text"
MOVED = "it does not follow the line before it: one was removed, inserted or moved here"
FOREIGN = "it is not a line of the log, and no later line says that a crash cut it short"


def test_each_line_names_the_one_before_and_the_whole_log_is_intact() -> None:
    found = [json.loads(line) for line in LINES]

    assert found[0]["previous"] is None
    assert all(later["previous"] == earlier["digest"] for earlier, later in pairwise(found))
    assert Checked(4, found[-1]["digest"]) == check(LOG)


def test_no_log_is_an_intact_one() -> None:
    assert Checked(0, None) == check(b"")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([LINES[0], LINES[1].replace(b"two", b"TWO"), *LINES[2:]], Break(2, EDITED)),
        ([LINES[0], LINES[1].replace(b":", b": ", 1), *LINES[2:]], Break(2, EDITED)),
        ([LINES[0], *LINES[2:]], Break(2, MOVED)),
        (LINES[1:], Break(1, MOVED)),
        ([LINES[0], LINES[2], LINES[1], LINES[3]], Break(2, MOVED)),
        ([LINES[0], LINES[0], *LINES[1:]], Break(2, MOVED)),
        ([*LINES[:2], linked({"action": "new"}, None)[0], *LINES[2:]], Break(3, MOVED)),
        ([*LINES[:2], b"not a line\n", *LINES[2:]], Break(3, FOREIGN)),
        ([*LINES[:2], b"[" * 100_000 + b"\n", *LINES[2:]], Break(3, FOREIGN)),
        ([*LINES[:2], b"\n", *LINES[2:]], Break(3, FOREIGN)),
        ([*LINES[:2], LINES[2][:-20] + b"\n", LINES[3]], Break(3, FOREIGN)),
        ([*LINES[:3], b'{"a":1}\n'], Break(4, EDITED)),
    ],
    ids=[
        "edited",
        "blanks",
        "removed",
        "first removed",
        "reordered",
        "doubled",
        "inserted",
        "garbage",
        "deep",
        "empty",
        "cut",
        "object",
    ],
)
def test_the_first_line_that_does_not_fit_is_named(lines: list[bytes], expected: Break) -> None:
    assert expected == check(b"".join(lines)).broken


def test_a_line_that_was_recomputed_no_longer_fits_the_next() -> None:
    forged, _ = linked({"action": "TWO", **STAMP}, json.loads(LINES[0])["digest"])

    assert Break(3, MOVED) == check(b"".join([LINES[0], forged, *LINES[2:]])).broken


@given(st.integers(1, len(LINES[3]) - 2))
def test_a_last_line_that_was_cut_short_is_told_and_mended_by_the_next(kept: int) -> None:
    cut = b"".join(LINES[:3]) + LINES[3][:kept]

    mended = extended(cut, "five")

    assert 4 == check(cut).cut_short
    assert check(cut).broken is None
    assert mended.startswith(cut)
    found = check(mended)
    assert (5, (4,), None, None) == (found.lines, found.mended, found.cut_short, found.broken)
    assert ["mended", "five"] == [entry["action"] for _, entry in entries(mended)][-2:]


def test_a_mend_that_was_cut_short_itself_is_mended_at_whatever_byte() -> None:
    torn = LOG[:-30]
    whole = extended(torn, "five")

    for length in range(len(torn), len(whole)):
        mended = extended(whole[:length], "six")

        assert check(mended).broken is None, length
        assert check(mended).cut_short is None


def test_a_line_that_lacks_its_end_alone_is_whole() -> None:
    assert check(LOG) == check(LOG[:-1])
    assert Checked(
        5, json.loads(chain("one", "two", "three", "four", "five").splitlines()[-1])["digest"]
    ) == (check(extended(LOG[:-1], "five")))


def drop(mended: list[bytes]) -> list[bytes]:
    return [*mended[:3], *mended[4:]]


def alter(mended: list[bytes]) -> list[bytes]:
    return [*mended[:3], b"x" + mended[3], *mended[4:]]


def double(mended: list[bytes]) -> list[bytes]:
    return [*mended[:3], mended[3], mended[3], *mended[4:]]


@pytest.mark.parametrize("tamper", [drop, alter, double])
def test_what_was_mended_cannot_be_changed_afterwards(tamper: Callable[[list[bytes]], list[bytes]]) -> None:
    mended = extended(LOG[:-30], "five").splitlines(keepends=True)

    assert check(b"".join(tamper(mended))).broken is not None


def test_an_edited_last_line_is_not_vouched_for_by_the_next() -> None:
    edited = b"".join(LINES[:3]) + LINES[3].replace(b"four", b"FOUR")

    assert Break(4, EDITED) == check(extended(edited, "five")).broken


def test_a_log_fits_again_when_what_was_edited_is_put_back() -> None:
    edited = b"".join(LINES[:3]) + LINES[3].replace(b"four", b"FOUR") + b'{"act'

    repaired = extended(edited, "five").replace(b"FOUR", b"four")

    assert (None, (5,)) == (check(repaired).broken, check(repaired).mended)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_check_or_the_next_line(data: bytes) -> None:
    check(data)

    assert list(entries(extended(data, "next")))[-1][1]["action"] == "next"

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases.provider_usage.case import Case, cases
from tests.cases.provider_usage.check import check


RECORDED = Path(__file__).parents[1] / "fixtures" / "provider-usage"
CASES = list(cases(RECORDED))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_recorded_answer_is_read_as_it_should_be(case: Case) -> None:
    assert [] == check(case)


def test_the_checker_sees_a_wrong_window_a_wrong_kind_and_a_wrong_request() -> None:
    good = next(case for case in CASES if case.name == "claude/oauth-usage-ok-max")
    rows = [{**row, "used_fraction": 0.99} for row in good.expected["windows"]]
    other = replace(good.exchanges[0], headers={"authorization": "Bearer other", "anthropic-beta": "another"})

    assert check(replace(good, expected={"windows": rows}))
    assert check(replace(good, expected={"error": {"kind": "blocked"}}))
    assert check(replace(good, exchanges=(other,)))

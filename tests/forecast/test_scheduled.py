from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.facts.model import JobUse
from reconciler.forecast.of_facts import kinds
from reconciler.forecast.predict import predict
from reconciler.forecast.scheduled import means, per_run, scheduled
from tests.forecast.houses import ASKED, NOW, history, job, reading


def use(name: str, runs: int, mean: int) -> JobUse:
    return JobUse(job=name, runs=runs, mean=mean, p90=mean)


CODE, MAIL = use("code", 300, 9000), use("mail", 300, 100)
KINDS = {"code": "coding", "review": "coding", "mail": "mail", "story": "writing"}


def test_a_job_that_never_ran_uses_what_its_kind_does() -> None:
    coming = scheduled(history((), (CODE, MAIL)), [job("review", 60)], NOW, 10.5, kinds=KINDS)

    assert 10 * 9000 == pytest.approx(coming(10.5)[0], rel=0.01)


def test_a_kind_that_nobody_ran_uses_what_all_jobs_do() -> None:
    coming = scheduled(history((), (CODE, MAIL)), [job("story", 60)], NOW, 10.5, kinds=KINDS)

    assert 10 * 4550 == coming(10.5)[0]


def test_few_runs_are_drawn_to_the_kind_and_many_speak_for_themselves() -> None:
    common = means([CODE, MAIL], KINDS)["coding"]

    assert 9000 < per_run(use("new", 1, 12_000), common).mean < 10_000
    assert 12_000 == pytest.approx(per_run(use("new", 1000, 12_000), common).mean, rel=0.01)


def test_heartbeats_are_no_measure_for_jobs() -> None:
    beats = use("heartbeat:main", 10_000, 1)

    assert 4550 == means([CODE, MAIL, beats], {})[None]
    assert 1 == means([beats], {})[None]


def test_heartbeats_are_a_kind_of_their_own() -> None:
    beat = job("heartbeat:main", 30)

    assert {"heartbeat:main": "heartbeat:"} == kinds([beat, job("plain", 60)])


def test_the_kinds_of_jobs_reach_the_forecast_of_their_window() -> None:
    (found,) = predict(
        [reading("0")], [history((), (CODE, MAIL))], [job("review", 60)], ASKED, kinds=KINDS
    ).windows

    assert found.at_reset is not None
    assert Decimal("106.2") == pytest.approx(
        found.at_reset.median, rel=Decimal("0.01")
    )  # 59 times 9000 of 5000

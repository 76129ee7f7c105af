from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from reconciler.facts.model import JobUse, LearntLimit, SchedulerFacts
from reconciler.forecast.predict import predict
from tests.forecast.houses import ASKED, NOW, OFFICE, forecast, history, job, reading


def test_a_regular_account_that_will_run_out_is_foretold_to_the_hour() -> None:
    found = forecast(reading("0.5"), [history()])

    assert found.used_up is not None
    left, gone = 2500, 0
    for hour in range(60):
        gone += OFFICE[hour % 24]
        if gone >= left:
            break
    assert abs(found.used_up.median - (NOW + timedelta(hours=hour + 1))) <= timedelta(hours=8)
    assert found.chance_by_reset is not None
    assert found.chance_by_reset > Decimal("0.4")
    assert "history" == found.basis


def test_people_who_use_little_do_not_alarm() -> None:
    found = forecast(reading("0.1"), [history()])

    assert ("ok", True) == (found.level, (found.chance_by_reset or 1) < Decimal("0.1"))


def test_without_history_nothing_is_foretold_and_that_is_said() -> None:
    found = forecast(reading("0.5"))

    assert ("unknown", None) == (found.basis, found.chance_by_reset)
    assert "no use of it is in the ledger" in found.remarks[0]


def test_with_jobs_alone_the_schedule_is_counted() -> None:
    use = JobUse(job="digest", runs=50, mean=100, p90=120)

    found = forecast(reading("0.5"), [history((), (use,))], [job("digest", 60)])

    assert "schedule-only" == found.basis
    assert found.at_reset is not None
    assert Decimal("1.68") == found.at_reset.median  # 59 runs of 100 of 5000, after one half
    assert Decimal(1) == found.drivers[0].share
    assert found.without_them == 0


def test_a_disabled_job_uses_nothing() -> None:
    use = JobUse(job="digest", runs=50, mean=100, p90=120)

    found = forecast(reading("0.5"), [history((), (use,))], [job("digest", 60, enabled=False)])

    assert found.at_reset is not None
    assert Decimal("0.5") == found.at_reset.median


def test_a_job_that_lands_elsewhere_half_of_the_time_counts_half() -> None:
    use = JobUse(job="digest", runs=50, mean=100, p90=100, share=Decimal("0.5"))

    found = forecast(reading("0"), [history((), (use,))], [job("digest", 60)])

    assert found.at_reset is not None
    assert abs(found.at_reset.median - Decimal("0.59")) < Decimal("0.001")


def test_a_limit_that_is_not_told_is_learnt_from_the_used_share() -> None:
    found = forecast(reading("0.5", limit=None), [history()])

    assert found.limit_learnt
    assert found.limit is not None
    assert abs(found.limit - 2 * sum(OFFICE[-108:])) < 2


def test_an_unknown_share_gives_a_rate_and_no_percentage() -> None:
    found = forecast(reading(None), [history()])

    assert ("rate-only", None, None) == (found.basis, found.at_reset, found.chance_by_reset)
    assert Decimal(984) == found.per_day


def test_a_reset_in_the_past_begins_anew() -> None:
    found = forecast(reading("0.97", hours=-3), [history()])

    assert Decimal(0) == found.used_fraction
    assert found.resets_at == NOW + timedelta(hours=165)


def test_what_is_used_up_is_critical_and_certain() -> None:
    found = forecast(reading("1.02"), [history()])

    assert ("exhausted", "critical", Decimal(1)) == (found.basis, found.level, found.chance_by_horizon)


def test_a_budget_warns_at_its_own_threshold() -> None:
    read = reading("0.6", window="policy_budget").model_copy(update={"unit": "usd"})
    asked = replace(ASKED, alerts={"acme": Decimal("0.5")})

    assert "warning" == forecast(read, asked=asked).level
    assert "ok" == forecast(read).level


def test_several_accounts_share_what_the_provider_is_used_for() -> None:
    two = [reading("0.2"), reading("0.2").model_copy(update={"account": "work"})]

    alone = forecast(two[0], [history()])
    first, second = predict(two, [history()], [], ASKED).windows

    assert first.at_reset == second.at_reset
    assert first.at_reset is not None
    assert alone.at_reset is not None
    assert first.at_reset.median < alone.at_reset.median
    assert "evenly over its 2 accounts" in first.remarks[-1]


def test_runs_that_a_busy_host_skips_are_not_counted() -> None:
    use = JobUse(job="digest", runs=50, mean=100, p90=100, last_day=5)  # of 24 that were due

    found = forecast(reading("0"), [history((), (use,))], [job("digest", 60)])

    assert found.at_reset is not None
    assert abs(found.at_reset.median - Decimal("1.18") * 6 / 25) < Decimal("0.02")


def test_days_at_the_limit_do_not_look_like_days_of_little_demand() -> None:
    cut = (*OFFICE[:-24], *([0] * 24))
    read = reading("0.5")

    low = forecast(read, [history(cut)])
    believed = forecast(read, [history(cut).model_copy(update={"blocked": tuple(range(312, 336))})])
    uncut = forecast(read, [history()])

    assert low.at_reset is not None
    assert believed.at_reset is not None
    assert believed.at_reset.median > low.at_reset.median
    assert believed.at_reset == uncut.at_reset


def test_a_session_that_ends_soon_leaves_room_for_a_fresh_one() -> None:
    use = JobUse(job="digest", runs=50, mean=100, p90=100)
    read = reading("0.9", window="session", limit=300, hours=0.5)

    found = forecast(read, [history((), (use,))], [job("digest", 60)])

    assert (Decimal(0), True) == (found.chance_by_reset, (found.chance_by_horizon or 0) > Decimal("0.9"))
    assert (5, None) == (found.horizon_hours, forecast(reading()).horizon_hours)
    assert found.used_up is not None
    assert NOW + timedelta(hours=3) <= found.used_up.median <= NOW + timedelta(hours=5)


def test_a_session_that_is_over_does_not_begin_anew_by_the_clock() -> None:
    found = forecast(reading("0.97", window="session", hours=-3), [history()])

    assert (Decimal(0), None) == (found.used_fraction, found.resets_at)
    assert "no session is open" in found.remarks[0]


def test_chances_of_a_session_without_skill_are_marked() -> None:
    chances = {}
    for limit in (20, 300, 5000):
        found = forecast(reading("0", window="session", limit=limit, hours=5), [history()])
        chances[limit] = (found.chance_by_horizon or Decimal(0), found.unsure)

    assert [False, True, False] == [unsure for _, unsure in chances.values()], chances


def test_a_job_that_its_host_holds_back_uses_nothing_until_then() -> None:
    use = JobUse(job="digest", runs=50, mean=100, p90=100)
    told = SchedulerFacts(next_run_at=NOW + timedelta(hours=10), errors=5)
    held = job("digest", 60).model_copy(update={"scheduler": told})

    found = forecast(reading("0"), [history((), (use,))], [held])

    assert found.at_reset is not None
    assert Decimal(1) == found.at_reset.median  # 50 runs of 100 of 5000


def test_a_limit_that_readings_told_before_comes_before_the_count_of_this_window() -> None:
    known = LearntLimit(account="default", window="weekly", limit=4321)

    found = forecast(reading("0.5", limit=None), [history().model_copy(update={"limits": (known,)})])

    assert (Decimal(4321), True) == (found.limit, found.limit_learnt)

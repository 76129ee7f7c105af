"""What holds for every account, however odd."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reconciler.facts.model import JobUse
from reconciler.forecast.demand import demand
from reconciler.forecast.predict import predict
from reconciler.forecast.prediction import WindowForecast
from reconciler.forecast.window import outlook
from tests.forecast.houses import ASKED, NOW, forecast, history, job, nothing_known, reading


HOURS = st.lists(st.integers(0, 10**6) | st.just(0), min_size=24, max_size=24 * 9)
LEFT = st.floats(0, 1e9)


@given(HOURS, LEFT, LEFT, st.floats(0, 200))
def test_more_used_is_never_less_probable_to_run_out(
    hours: list[int], used: float, more: float, until: float
) -> None:
    use = demand(hours)

    first = outlook(use, nothing_known, used=used, limit=1e9, hours=until, horizon=24)
    second = outlook(use, nothing_known, used=used + more, limit=1e9, hours=until, horizon=24)

    assert first.by_end <= second.by_end + 1e-9
    assert first.by_horizon <= first.by_end
    assert first.at_end[0] <= first.at_end[1] <= first.at_end[2]


@given(HOURS, LEFT, st.floats(1, 100), st.floats(0, 200))
def test_a_higher_limit_is_never_more_probable_to_be_reached(
    hours: list[int], limit: float, factor: float, until: float
) -> None:
    use = demand(hours)

    low = outlook(use, nothing_known, used=0, limit=limit, hours=until, horizon=24)
    high = outlook(use, nothing_known, used=0, limit=limit * factor, hours=until, horizon=24)

    assert high.by_end <= low.by_end + 1e-9


@given(HOURS, LEFT, st.integers(1, 1000), st.floats(0, 200))
def test_a_higher_rate_is_never_less_probable_to_run_out(
    hours: list[int], left: float, factor: int, until: float
) -> None:
    slow, fast = demand(hours), demand([amount * factor for amount in hours])

    one = outlook(slow, nothing_known, used=0, limit=left, hours=until, horizon=24)
    other = outlook(fast, nothing_known, used=0, limit=left, hours=until, horizon=24)

    assert one.by_end <= other.by_end + 1e-9


@given(HOURS, st.integers(1, 10**8))
def test_the_unit_does_not_matter(hours: list[int], left: int) -> None:
    few = outlook(demand(hours), nothing_known, used=0, limit=left, hours=70, horizon=24)
    many = outlook(
        demand([1000 * amount for amount in hours]),
        nothing_known,
        used=0,
        limit=1000 * left,
        hours=70,
        horizon=24,
    )

    assert abs(few.by_end - many.by_end) < 1e-6
    assert abs(few.by_horizon - many.by_horizon) < 1e-6


@given(st.integers(-(10**5), 10**5), st.sampled_from([30, 60, 90]))
def test_a_shift_of_all_times_shifts_the_answer(hours: int, every: int) -> None:
    shift = timedelta(hours=hours * 3)  # whole steps of the jobs' intervals
    use = JobUse(job="j", runs=9, mean=40, p90=60)

    def told(by: timedelta) -> WindowForecast:
        read = reading("0.5")
        assert read.resets_at is not None
        moved = read.model_copy(update={"resets_at": read.resets_at + by, "taken_at": read.taken_at + by})
        return forecast(moved, [history(jobs=(use,))], [job("j", every)], replace(ASKED, now=NOW + by))

    here, there = told(timedelta(0)), told(shift)

    assert (here.chance_by_reset, here.at_reset) == (there.chance_by_reset, there.at_reset)
    assert here.used_up is not None
    assert there.used_up is not None
    assert here.used_up.median + shift == there.used_up.median


@given(
    st.none() | st.decimals(0, 3, places=3),
    st.none() | st.integers(0, 10**12),
    st.floats(-1000, 1000),
    st.lists(st.integers(0, 10**9), max_size=80),
    st.sampled_from(["session", "weekly", "daily", "monthly", "opus:weekly", "policy_budget", "x"]),
)
def test_whatever_is_read_gives_a_sensible_answer(
    used: Decimal | None, limit: int | None, hours: float, use: list[int], window: str
) -> None:
    found = forecast(
        reading(str(used) if used is not None else None, window=window, limit=limit, hours=hours),
        [history(use)],
        [job("j", 7)],
    )

    for chance in (found.chance_by_reset, found.chance_by_horizon):
        assert chance is None or 0 <= chance <= 1
    if found.used_up:
        assert NOW <= found.used_up.low <= found.used_up.median <= found.used_up.high
    assert found.dump()["provider"] == "acme"


WINDOWS = ("session", "weekly", "daily", "opus:weekly")


@given(st.permutations(WINDOWS), st.integers(-5, 5))
def test_the_order_of_readings_does_not_matter(windows: list[str], minutes: int) -> None:
    """Each was taken some minutes from now: a clock may have been set back since."""
    read = {
        name: reading("0.5", window=name).model_copy(
            update={"taken_at": NOW + timedelta(minutes=minutes * WINDOWS.index(name))}
        )
        for name in WINDOWS
    }

    told = predict([read[name] for name in windows], [history()], [job("j", 30)], ASKED).windows

    assert {name: forecast(read[name], [history()], [job("j", 30)]) for name in windows} == {
        each.window: each for each in told
    }


@given(st.decimals("0", "1.5", places=2), st.decimals("0", "1.5", places=2), st.sampled_from(WINDOWS))
def test_two_readings_in_one_second_are_each_answered_and_more_used_is_never_safer(
    one: Decimal, other: Decimal, window: str
) -> None:
    less, more = (reading(str(used), window=window) for used in sorted((one, other)))

    low, high = predict([less, more], [history()], [], ASKED).windows

    assert (low.chance_by_reset or 0) <= (high.chance_by_reset or 0)
    assert (low.used_fraction or 0) <= (high.used_fraction or 0)


@given(st.integers(1, 10**6), st.integers(1, 50), st.sampled_from(["weekly", "daily", "monthly"]))
def test_a_limit_that_is_raised_in_mid_window_is_never_worse(used: int, times: int, window: str) -> None:
    """The provider's own share falls as the limit rises; what was used stays."""
    before, after = (
        forecast(reading(str(Decimal(used) / limit), window=window, limit=limit), [history()])
        for limit in (2 * used, 2 * used * times)
    )

    assert (after.chance_by_reset or 0) <= (before.chance_by_reset or 0)
    assert after.at_reset is not None
    assert before.at_reset is not None
    assert after.at_reset.median <= before.at_reset.median

"""Small accounts whose use is known, for the tests of forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from reconciler.facts.model import History, JobFacts, JobUse, Reading
from reconciler.forecast.predict import predict
from reconciler.forecast.prediction import WindowForecast
from reconciler.forecast.standing import Asked


NOW = datetime(2026, 9, 16, 12, tzinfo=UTC)
ASKED = Asked(now=NOW, horizon_hours=24, warning=Decimal("0.8"), critical=Decimal("0.95"))
OFFICE = tuple(90 if 8 <= hour % 24 < 18 else 6 for hour in range(12, 14 * 24 + 12))
"""Two weeks that end at noon: 984 a day, most of it by day."""


def reading(
    used: str | None = "0.5", *, window: str = "weekly", limit: int | None = 5000, hours: float = 60
) -> Reading:
    return Reading(
        provider="acme",
        window=window,
        used_fraction=None if used is None else Decimal(used),
        limit=None if limit is None else Decimal(limit),
        unit=None if limit is None else "tokens",
        resets_at=NOW + timedelta(hours=hours),
        taken_at=NOW,
        source="test",
    )


def history(hours: Sequence[int] = OFFICE, jobs: tuple[JobUse, ...] = ()) -> History:
    return History(
        provider="acme",
        unit="tokens",
        begin=NOW - timedelta(hours=len(hours)),
        hours=tuple(hours),
        jobs=jobs,
    )


def job(name: str, every_minutes: int, *, enabled: bool = True, model: str = "acme/big") -> JobFacts:
    return JobFacts(
        id=name,
        name=name,
        enabled=enabled,
        schedule={"kind": "every", "everyMs": every_minutes * 60_000, "anchorMs": 0},
        payload_kind="agentTurn",
        model=model,
        revision="r",
    )


def forecast(
    read: Reading, histories: Sequence[History] = (), jobs: Sequence[JobFacts] = (), asked: Asked = ASKED
) -> WindowForecast:
    (found,) = predict([read], histories, jobs, asked).windows
    return found


def nothing_known(hours: float) -> tuple[float, float]:
    """Know of no scheduled runs."""
    del hours
    return 0.0, 0.0

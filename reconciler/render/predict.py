"""When quotas will be gone, for people: a line for each question, and a burn-down in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from reconciler.forecast.prediction import Driver, Prediction, Step, WindowForecast
from reconciler.render.amounts import chance, duration, percent, quantity, resets, share
from reconciler.render.lines import WIDTH, wrapped
from reconciler.render.status import Look
from reconciler.text import printable


_ROWS: Final = 8
_COLUMNS: Final = 66
_PAINT: Final = {"ok": "\x1b[32m", "warning": "\x1b[33m", "critical": "\x1b[31m"}
_PLAIN: Final = "\x1b[0m"
_HIGHEST: Final = Decimal("9.99")


def prediction_text(prediction: Prediction, look: Look) -> str:
    """Return every window with its chances, its time and its drivers."""
    if not prediction.windows:
        return "No quota has been read, so nothing can be foretold; see: tactician fetch --all\n"
    head = [f"assuming {'; '.join(prediction.assumptions)}"] if prediction.assumptions else []
    blocks = ["\n".join(wrapped(line, "", "  ")) for line in head]
    blocks += ["\n".join(_window(each, prediction, look)) for each in prediction.windows]
    return "\n\n".join(blocks) + "\n"


def _window(found: WindowForecast, prediction: Prediction, look: Look) -> Iterator[str]:
    now = prediction.taken_at
    mark = "" if found.level == "ok" else f"  {found.level.upper()}"
    title = printable(f"{found.name}{mark}", at_most=WIDTH)
    yield f"{_PAINT[found.level]}{title}{_PLAIN}" if look.colour else title
    used = "use unknown" if found.used_fraction is None else f"{percent(found.used_fraction)} used"
    yield from _line("now", f"{used}, {resets(found.resets_at, now)}")
    yield from _future(found, prediction)
    if found.per_day is not None:
        yield from _line("rate", _rate(found))
    for driver in found.drivers:
        yield from _line("", _driver(driver))
    if found.without_them is not None and found.drivers:
        yield from _line("", f"without these {len(found.drivers)}: {chance(found.without_them)}")
    for remark in found.remarks:
        yield from _line("-", remark)
    if found.path and found.at_reset:
        yield from _picture(found, now)


def _future(found: WindowForecast, prediction: Prediction) -> Iterator[str]:
    if found.at_reset is None:
        return
    end = found.at_reset
    yield from _line(
        "at reset" if found.resets_at else "then",
        f"{_capped(end.median)} ({_capped(end.low)} to {_capped(end.high)})",
    )
    assert found.chance_by_reset is not None
    assert found.chance_by_horizon is not None
    until = "before the reset" if found.resets_at else "by then"
    hours = found.horizon_hours or prediction.horizon_hours
    said = f"{chance(found.chance_by_reset)} {until}, {chance(found.chance_by_horizon)} within {hours} h"
    yield from _line("used up", f"{said}{' (unsure)' if found.unsure else ''}")
    if when := found.used_up:
        now = prediction.taken_at
        yield from _line(
            "when",
            f"{when.median:%a %d %b %H:%M} UTC, in {duration(when.median - now)}"
            f" ({duration(when.low - now)} to {duration(when.high - now)}), if so",
        )


def _rate(found: WindowForecast) -> str:
    assert found.per_day is not None
    money = found.unit == "usd"
    amount = (
        f"{found.per_day / 10**6:,.2f} USD"
        if money
        else f"{quantity(found.per_day.quantize(Decimal(1)))} {found.unit}"
    )
    text = f"{amount} a day"
    if found.limit is not None and found.limit_learnt:
        text += f" of a learnt limit of about {found.limit:,.0f}"
    if found.coverage is not None and found.coverage < 1:
        text += f"; {share(found.coverage)} of the requests recorded, the rest estimated"
    return text


def _driver(driver: Driver) -> str:
    text = f"{share(driver.share):>5}  {driver.name}"
    return text if driver.chance_without is None else f"{text} (without it {chance(driver.chance_without)})"


def _capped(fraction: Decimal) -> str:
    return percent(fraction.quantize(Decimal("0.01"))) if fraction <= _HIGHEST else "> 999 %"


def _line(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"  {label:<9}", at_most=400)


def _picture(found: WindowForecast, now: datetime) -> Iterator[str]:
    """Draw what is left over time: ● the median, ░ where 80 % of the cases lie, the reset at the right edge."""
    columns = [_at(found.path, column / (_COLUMNS - 1)) for column in range(_COLUMNS)]
    for row in range(_ROWS):
        top, low = 1 - Decimal(row) / _ROWS, 1 - Decimal(row + 1) / _ROWS
        cells = "".join(_cell(step, low, top, last=row == _ROWS - 1) for step in columns)
        label = "left 100 %" if row == 0 else f"{percent(top)}" if row == _ROWS // 2 else ""
        yield f"  {label:>10}|{cells}|"
    end = found.path[-1].at
    left, right = "now", f"{'reset' if found.resets_at else 'end'} {end:%a %H:%M}"
    yield f"  {'0 %':>10}+{left}{right:>{_COLUMNS - len(left)}}+"
    del now


def _at(path: tuple[Step, ...], part: float) -> Step:
    return path[round(part * (len(path) - 1))]


def _cell(step: Step, low: Decimal, top: Decimal, *, last: bool) -> str:
    def holds(left: Decimal) -> bool:
        return low < left <= top or (last and left <= 0) or (top == 1 and left >= 1)

    best, worst = 1 - step.used.low, 1 - step.used.high
    if holds(1 - step.used.median):
        return "●"
    return "░" if worst <= top and best > low else " "

"""What a plan means for money and quota, with a small picture of each quota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from reconciler.plan.model import CourseText, Outlook, Plan, QuotaOutlook, SpendOutlook
from reconciler.render.amounts import percent
from reconciler.render.lines import wrapped
from reconciler.text import printable


_NAME, _RUNS, _USD, _CELLS = 20, 7, 9, 20
_RIVALS = 3


def outlook_lines(plan: Plan) -> Iterator[str]:
    """Yield the money and the quotas before and after, in 80 columns; nothing where nothing is known of either."""
    if plan.changes and plan.outlook.spending:
        yield "A week at list prices, as it is → with the plan:"
        yield from map(_spending, plan.outlook.spending)
        yield from _together(plan.outlook.spending)
    if plan.outlook.quotas:
        yield "Quotas at their reset (█ used now, ▒ foretold, ░ left):"
        for quota in plan.outlook.quotas:
            yield from _quota(quota, changed=bool(plan.changes))
    yield from _ways_out(plan.outlook)


def _spending(each: SpendOutlook) -> str:
    paid = ", paid" if each.billed else ""
    name = printable(each.provider, at_most=_NAME)
    return (
        f"  {name:<{_NAME}} {each.runs_before:>{_RUNS},} → {each.runs_after:>{_RUNS},} runs  "
        f"{_usd(each.usd_before):>{_USD}} → {_usd(each.usd_after):>{_USD}} USD{paid}"
    )


def _together(spending: Iterable[SpendOutlook]) -> Iterator[str]:
    """Sum up several providers, where every price is known."""
    rows = [each for each in spending if each.usd_before is not None and each.usd_after is not None]
    if len(rows) > 1 and len(rows) == len(tuple(spending)):
        yield _spending(
            SpendOutlook(
                provider="together",
                billed=False,
                runs_before=sum(each.runs_before for each in rows),
                runs_after=sum(each.runs_after for each in rows),
                usd_before=sum((each.usd_before or Decimal(0) for each in rows), Decimal(0)),
                usd_after=sum((each.usd_after or Decimal(0) for each in rows), Decimal(0)),
            )
        )


def _usd(amount: Decimal | None) -> str:
    return "?" if amount is None else f"{amount:,.2f}"


def _quota(quota: QuotaOutlook, *, changed: bool) -> Iterator[str]:
    resets = f", resets {quota.resets_at:%a %d %b %H:%M} UTC" if quota.resets_at else ""
    yield from wrapped(f"{quota.provider} {quota.window}, {percent(quota.used)} used{resets}", "  ", "    ")
    yield _course("as it is", quota, quota.before)
    if changed:
        yield _course("with the plan", quota, quota.after)
    if quota.short is not None:
        yield from wrapped(f"short by {percent(quota.short)} of its limit", " " * 4)
    if quota.rivals and (quota.binds or quota.short is not None):
        shown = ", ".join(quota.rivals[:_RIVALS])
        more = f" and {len(quota.rivals) - _RIVALS} more" if len(quota.rivals) > _RIVALS else ""
        yield from wrapped(f"competing for it: {shown}{more}", " " * 4, " " * 6)


def _course(label: str, quota: QuotaOutlook, course: CourseText) -> str:
    gone = f", gone {course.used_up:%a %d %b %H:%M} UTC" if course.used_up else ""
    return f"    {label:<14}{_bar(quota.used, course.at_reset)} {percent(course.at_reset):>6}{gone}"


def _bar(used: Decimal, foretold: Decimal) -> str:
    full = _cells(used)
    more = max(0, _cells(foretold) - full)
    return "█" * full + "▒" * more + "░" * (_CELLS - full - more)


def _cells(fraction: Decimal) -> int:
    return max(0, min(_CELLS, int(fraction * _CELLS + Decimal("0.5"))))


def _ways_out(outlook: Outlook) -> Iterator[str]:
    if outlook.ways_out:
        yield "What would make it fit:"
    for way in outlook.ways_out:
        yield from wrapped(way, "  - ")

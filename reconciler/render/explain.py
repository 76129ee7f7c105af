"""Why a slot has its model, for people: what is known of it in rows, then every candidate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from reconciler.explain.model import (
    Choice,
    Considered,
    Explanation,
    Matched,
    Needs,
    Quota,
    QuotaEffect,
    Work,
    Worth,
)
from reconciler.render.amounts import percent, quantity, resets
from reconciler.render.lines import WIDTH, wrapped
from reconciler.text import printable


_LABEL, _MARK, _MODEL = 10, 4, 46
_SHOWN = 12
_CENT = Decimal("0.01")
_MARKS = {"chosen": "●", "stays": "●", "fallback": "○", "would-do": "·", "ruled-out": "-"}
_OUTCOMES = {"change": "changes", "keep": "stays", "leave": "is left alone", "stuck": "is stuck"}


def explanation_text(found: Explanation, *, verbose: bool = False) -> str:
    """Return the explanation in 80 columns; *verbose* shows every candidate that was ruled out."""
    return "\n".join(_lines(found, verbose=verbose)) + "\n"


def _lines(found: Explanation, *, verbose: bool) -> Iterator[str]:
    yield from wrapped(f"{found.address} {_OUTCOMES[found.outcome]}: {found.reason}", "", "  ")
    if found.assumptions:
        yield from wrapped(f"assuming {'; '.join(found.assumptions)}", "  ")
    if found.type == "job" and found.title not in found.address:
        yield from _row("name", found.title)
    yield from _choices(found)
    if found.rule:
        yield from _row("rule", found.rule)
    if found.hold:
        yield from _row("hold", found.hold)
    yield from _of_work(found)
    yield from _rules(found.rules)
    yield from _of_quota(found)
    if found.candidates:
        yield ""
        yield from _candidates(found, verbose=verbose)


def _choices(found: Explanation) -> Iterator[str]:
    then = found.then
    inherited = f" (from {found.now.model_from})" if found.now.model_from else ""
    now = f"{found.now.model or 'none'}{inherited}"
    yield from _row("model", f"{now} → {then.model}" if then and then.model != found.now.model else now)
    had = _fallbacks(found.now)
    shown = f"{had} → {_fallbacks(then)}" if then and then.fallbacks != found.now.fallbacks else had
    yield from _row("fallbacks", f"{shown}; {found.fallbacks}")


def _fallbacks(choice: Choice) -> str:
    inherited = f" (from {choice.fallbacks_from})" if choice.fallbacks_from and choice.fallbacks else ""
    return f"{', '.join(choice.fallbacks) or 'none'}{inherited}"


def _of_work(found: Explanation) -> Iterator[str]:
    if found.work is None or found.needs is None:
        yield from _row("task", "nothing is known of its work")
    else:
        yield from _row("task", _task(found.work))
        yield from _row("evidence", ", ".join(found.work.evidence))
        yield from _row("needs", _needs(found.needs, found.work))
    if found.use:
        tokens = f", {found.use.tokens_a_run:,} tokens each" if found.use.tokens_a_run is not None else ""
        yield from _row("use", f"{found.use.runs_a_day} runs a day{tokens}")


def _task(work: Work) -> str:
    level = f", {work.difficulty} difficulty" if work.difficulty else ""
    sure = f", confidence {work.confidence}" if work.confidence is not None else ""
    rivals = f"; {' or '.join(work.rivals)} counts as well" if work.rivals else ""
    return f"{work.task}{level}{sure}{rivals}"


def _needs(needs: Needs, work: Work) -> str:
    able = [word for word, wanted in (("tools", needs.tools), ("pictures", needs.vision)) if wanted]
    thinking = f", thinking {needs.thinking}" if needs.thinking else ""
    more = f", {' and '.join(able)}" if able else ""
    return f"at least {needs.threshold} at {work.task}, context {needs.context // 1000}k{more}{thinking}"


def _rules(rules: tuple[Matched, ...]) -> Iterator[str]:
    for position, rule in enumerate(rules):
        says = "; ".join(rule.says) or "nothing"
        waits = f" (not now, only while {rule.waits_for})" if rule.waits_for else ""
        yield from _row("" if position else "rules", f"{rule.name} ({rule.at}): {says}{waits}")


def _of_quota(found: Explanation) -> Iterator[str]:
    for position, quota in enumerate(found.quota):
        yield from _row("" if position else "quota", _quota(quota, found.taken_at))
    if found.binding_window:
        yield from _row("binds", f"{found.binding_window}{_worth(found.worth) if found.worth else ''}")


def _worth(worth: Worth) -> str:
    slots = (
        f" would give {', '.join(worth.slots)} what it rather has" if worth.slots else " would change nothing"
    )
    saves = f", and save {worth.usd_a_week} USD a week" if worth.usd_a_week and worth.usd_a_week > 0 else ""
    return f"; {worth.of} more{slots}{saves}"


def _quota(quota: Quota, now: datetime) -> str:
    used = "use unknown" if quota.used is None else f"{percent(quota.used)} used"
    then = "" if quota.at_reset is None else f", {percent(quota.at_reset.quantize(_CENT))} foretold for then"
    gone = f", gone {quota.gone_at:%a %H:%M} UTC if so" if quota.gone_at else ""
    return f"{quota.window}: {used}, {resets(quota.resets_at, now)}{then}{gone}"


def _candidates(found: Explanation, *, verbose: bool) -> Iterator[str]:
    out = [each for each in found.candidates if each.verdict == "ruled-out"]
    hidden = set() if verbose else {each.model for each in out[_SHOWN:] if not each.current}
    for each in found.candidates:
        if each.model not in hidden:
            yield from _candidate(each)
    if hidden:
        yield f"{'':{_MARK}}and {len(hidden)} more that are ruled out, see --verbose"


def _candidate(each: Considered) -> Iterator[str]:
    quality = "quality ?" if each.quality is None else f"quality {each.quality}"
    name = printable(each.model, at_most=WIDTH - _MARK)
    figures = f"{quality:<14}{_cost(each)}"
    if len(name) > _MODEL:
        yield f"  {_MARKS[each.verdict]} {name}"
        yield f"{'':{_MARK + _MODEL + 1}}{figures}"
    else:
        yield f"  {_MARKS[each.verdict]} {name:<{_MODEL}} {figures}"
    now = " (in the slot now)" if each.current and each.verdict != "stays" else ""
    word = "" if each.verdict in {"would-do", "fallback"} else f"{each.verdict.replace('-', ' ')}: "
    yield from wrapped(f"{word}{each.reason}{now}", " " * (_MARK + 2))
    for effect in each.quota_effect:
        yield from wrapped(_effect(effect), " " * (_MARK + 2))


def _effect(effect: QuotaEffect) -> str:
    reaches = "" if effect.reaches is None else f", which then reaches {percent(effect.reaches)}"
    gone = f" and is gone {effect.gone_at:%a %H:%M} UTC" if effect.gone_at else ""
    return f"adds {percent(effect.adds)} to {effect.window}{reaches}{gone}"


def _cost(each: Considered) -> str:
    if each.usd_a_run is None:
        return "price ?"
    return (
        f"{quantity(each.usd_a_run) if each.usd_a_run >= 1 else f'{each.usd_a_run:.4f}'} USD"
        if each.usd_a_run
        else "free"
    )


def _row(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"  {label:<{_LABEL}}")

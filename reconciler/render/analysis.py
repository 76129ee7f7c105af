"""An analysis for people: a picture of who uses what, then slot by slot."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from reconciler.analysis.model import Analysis, Judged, Option, SlotAnalysis, Used
from reconciler.render.amounts import percent
from reconciler.render.lines import WIDTH, wrapped
from reconciler.text import printable


_LABEL, _NAME, _BAR, _BARS = 10, 26, 16, 12


def analysis_text(found: Analysis) -> str:
    """Return the analysis in 80 columns."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Analysis) -> Iterator[str]:
    yield from wrapped(f"{len(found.slots)} slots of {found.host}", "")
    yield from _picture(found.slots)
    silent = [slot.address for slot in found.slots if _is_silent(slot)]
    for slot in found.slots:
        if not _is_silent(slot):
            yield ""
            yield from _slot(slot)
    yield ""
    if silent:
        yield from wrapped(f"Nothing is known of the work of {', '.join(silent)}.", "", "  ")
    yield f"Could save {found.saves_usd_a_month} USD a month at list prices."


def _picture(slots: tuple[SlotAnalysis, ...]) -> Iterator[str]:
    """Draw the tokens a day of the slots that use most, as bars against the largest."""
    using = sorted((slot for slot in slots if _tokens(slot)), key=lambda slot: (-_tokens(slot), slot.address))
    if not using:
        yield "The ledger knows of no use yet."
        return
    yield ""
    yield "Tokens a day:"
    for slot in using[:_BARS]:
        yield _bar(slot, _tokens(using[0]))
    if rest := using[_BARS:]:
        yield f"  and {len(rest)} more, {_amount(sum(map(_tokens, rest)))}"


def _bar(slot: SlotAnalysis, most: int) -> str:
    length = max(1, _tokens(slot) * _BAR // most)
    models = slot.used.models if slot.used else {}
    really = max(models, key=lambda ref: models[ref], default=slot.model or "")
    name = printable(slot.address, at_most=_NAME)
    line = f"  {name:<{_NAME}} {'█' * length:<{_BAR}} {_amount(_tokens(slot)):>7} "
    return line + printable(really, at_most=WIDTH - len(line))


def _tokens(slot: SlotAnalysis) -> int:
    return slot.used.tokens_a_day if slot.used else 0


def _is_silent(slot: SlotAnalysis) -> bool:
    return slot.judged is None and slot.used is None and not slot.findings


def _slot(slot: SlotAnalysis) -> Iterator[str]:
    off = "" if slot.enabled else " (disabled)"
    yield from wrapped(f"{slot.address}{off}", "", "  ")
    if slot.type == "job" and slot.title not in slot.address:
        yield from _row("name", slot.title)
    yield from _row("model", _model(slot))
    if slot.judged:
        yield from _row("task", _task(slot.judged))
        yield from _row("evidence", ", ".join(slot.judged.evidence))
    if slot.used:
        yield from _row("use", _use(slot.used))
    if slot.options:
        yield from _row("would do", "; ".join(map(_option, slot.options)))
    if slot.saves_usd_a_month:
        yield from _row("saves", f"{slot.saves_usd_a_month} USD a month")
    for finding in slot.findings:
        yield from _row("!", finding)


def _model(slot: SlotAnalysis) -> str:
    text = f"{slot.model or 'none'}{f', {slot.tier} tier' if slot.tier else ''}"
    if slot.judged is None:
        return f"{text}; nothing is known of its work"
    above = slot.judged.above
    if above is None:
        return f"{text}, its {slot.judged.task} score is unknown"
    where = f"{above} above" if above > 0 else f"{-above} below" if above < 0 else "exactly at"
    return f"{text}, {where} the need"


def _task(judged: Judged) -> str:
    level = f", {judged.difficulty} difficulty" if judged.difficulty else ""
    sure = f", confidence {judged.confidence}" if judged.confidence is not None else ""
    return f"{judged.task}{level}{sure}, at least {judged.threshold}, {judged.context // 1000}k tokens"


def _use(used: Used) -> str:
    cost = f"{used.usd_a_month} USD a month" if used.usd_a_month is not None else "at an unknown cost"
    failed = f", {percent(used.failed_share)} failed" if used.failed_share else ""
    return f"{used.runs_a_day} runs and {_amount(used.tokens_a_day)} tokens a day, {cost}{failed}"


def _option(option: Option) -> str:
    if option.usd_a_month is not None:
        return f"{option.model} at {option.usd_a_month} USD a month"
    return (
        f"{option.model} at {option.usd_a_run:.4f} USD a run" if option.usd_a_run else f"{option.model}, free"
    )


def _amount(tokens: int) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if tokens >= size:
            return f"{Decimal(tokens) / size:.1f} {unit}"
    return str(tokens)


def _row(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"    {label:<{_LABEL}}")

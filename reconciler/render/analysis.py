"""An analysis for people: a picture of who uses what, then slot by slot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from reconciler.analysis.model import Analysis, Judged, Option, SlotAnalysis, Used
from reconciler.render.amounts import percent
from reconciler.render.lines import WIDTH, wrapped
from reconciler.text import printable


_LABEL, _NAME, _BAR, _BARS, _PARTS, _PART = 10, 26, 16, 12, 4, 60
_HUNDREDTH = Decimal("0.01")


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
    """Draw the tokens a day of the slots that use most, and the requests a day of the models that ran most."""
    using = sorted((slot for slot in slots if _tokens(slot)), key=lambda slot: (-_tokens(slot), slot.address))
    if not using:
        yield "The ledger knows of no use yet."
        return
    yield ""
    yield "Tokens a day:"
    for slot in using[:_BARS]:
        models = _by_most(_requests(slot))
        really = next(iter(models), slot.model or "")
        yield _bar(slot.address, Decimal(_tokens(slot)), Decimal(_tokens(using[0])), really)
        yield from _parts("on", models)
    if rest := using[_BARS:]:
        yield f"  and {len(rest)} more, {_amount(sum(map(_tokens, rest)))}"
    yield from _by_model(slots)


def _by_model(slots: tuple[SlotAnalysis, ...]) -> Iterator[str]:
    """Draw the requests a day of each model that ran, with the slots that they came from."""
    sent: dict[str, dict[str, Decimal]] = {}
    for slot in slots:
        for ref, requests in _requests(slot).items():
            sent.setdefault(ref, {})[slot.address] = requests
    totals = _by_most({ref: sum(users.values(), Decimal(0)) for ref, users in sent.items()})
    if not totals:
        return
    yield ""
    yield "Requests a day:"
    most = next(iter(totals.values()))
    for ref in list(totals)[:_BARS]:
        users = _by_most(sent[ref])
        yield _bar(ref, totals[ref], most, next(iter(users)))
        yield from _parts("of", users)
    if rest := list(totals.values())[_BARS:]:
        yield f"  and {len(rest)} more, {_amount(sum(rest, Decimal(0)))}"


def _requests(slot: SlotAnalysis) -> dict[str, Decimal]:
    """Return the requests a day by the model that ran."""
    used = slot.used
    return {ref: Decimal(count) / used.days for ref, count in used.models.items() if count} if used else {}


def _by_most(sizes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return dict(sorted(sizes.items(), key=lambda it: (-it[1], it[0])))


def _bar(name: str, size: Decimal, most: Decimal, other: str) -> str:
    length = max(1, int(size * _BAR / most))
    line = f"  {printable(name, at_most=_NAME):<{_NAME}} {'█' * length:<{_BAR}} {_amount(size):>7} "
    return line + printable(other, at_most=WIDTH - len(line))


def _parts(word: str, sizes: Mapping[str, Decimal]) -> Iterator[str]:
    """Tell who shares a bar where it is more than one, the largest first."""
    if len(sizes) > 1:
        total = sum(sizes.values(), Decimal(0))
        named = [
            f"{printable(name, at_most=_PART)} {percent((size / total).quantize(_HUNDREDTH))}"
            for name, size in sizes.items()
        ]
        more = [f"{len(named) - _PARTS} more"] if len(named) > _PARTS else []
        yield from wrapped(f"{word} {', '.join((*named[:_PARTS], *more))}", " " * 4)


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


def _amount(count: int | Decimal) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{Decimal(count) / size:.1f} {unit}"
    return str(count) if count == int(count) else f"{count:.1f}"


def _row(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"    {label:<{_LABEL}}")

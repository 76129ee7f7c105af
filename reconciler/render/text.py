from __future__ import annotations

from collections.abc import Iterator

from reconciler.plan.model import AddProvider, Because, Belt, Change, ChoiceText, Finding, Plan, Setting
from reconciler.plan.settings import setting_words
from reconciler.render.lines import wrapped
from reconciler.render.outlook import outlook_lines


_REJECTED_SHOWN = 3
_LABEL = 11


def plan_text(plan: Plan, *, verbose: bool = False) -> str:
    """Return the plan as a person reads it on a terminal of 80 columns; *verbose* shows every candidate."""
    return "\n".join(_lines(plan, verbose=verbose)) + "\n"


def _lines(plan: Plan, *, verbose: bool) -> Iterator[str]:
    yield from wrapped(f"Plan {plan.id} for {plan.host.label}", "")
    yield from wrapped(f"OpenClaw {plan.host.version or 'of unknown version'}, {plan.host.layout} layout", "")
    yield f"mode {plan.mode}, objective {plan.objective}, facts of {plan.created_at:%Y-%m-%d %H:%M} UTC"
    yield from _asked(plan)
    if head := [*outlook_lines(plan)]:
        yield from ("", *head)
    for change in plan.changes:
        yield ""
        if isinstance(change, AddProvider):
            yield from _added(change)
        elif isinstance(change, Setting):
            yield from _setting(change)
        else:
            yield from _change(change, plan, verbose=verbose)
    yield from _findings(plan.findings, verbose=verbose)
    yield ""
    yield from _belts(plan.belts)
    yield _summary(plan)


def _asked(plan: Plan) -> Iterator[str]:
    if plan.assumptions:
        yield from wrapped(f"assuming {'; '.join(plan.assumptions)}: never applied", "", "  ")
    if plan.shift:
        to = f", to {plan.shift.to} where that would do" if plan.shift.to else ""
        yield from wrapped(f"shift: every slot off {plan.shift.away_from}{to}", "", "  ")


def _added(change: AddProvider) -> Iterator[str]:
    yield from wrapped(change.address, "  + ")
    yield from _row("server", change.title)
    yield from _row("adds", f"{change.pointer} in {change.document}")
    models = change.after.get("models", [change.after])
    yield from _row("models", ", ".join(str(model.get("id")) for model in models))
    yield from _row("because", change.because.reason)


def _setting(change: Setting) -> Iterator[str]:
    yield from wrapped(change.address, "  ~ ")
    if change.title not in change.address and change.document == "jobs":
        yield from _row("name", change.title)
    what, before, after = setting_words(change)
    yield from _row(what, f"{before} → {after}")
    yield from _reasons(change)


def _change(change: Change, plan: Plan, *, verbose: bool) -> Iterator[str]:
    yield from wrapped(change.address, "  ~ ")
    if change.title not in change.address and change.document == "jobs":
        yield from _row("name", change.title)
    before = change.before.effective
    if before is None or before.primary != change.after.primary:
        inherited = f" (from {change.before.inherited_from})" if change.before.inherited_from else ""
        yield from _row(
            "model", f"{before.primary if before else 'none'}{inherited} → {change.after.primary}"
        )
    else:
        yield from _row("model", f"{change.after.primary}, unchanged")
    had, then = (before.fallbacks if before else None) or (), change.after.fallbacks
    if then is not None and had != then:
        yield from _row("fallbacks", f"{_list(had)} → {_list(then)}")
    yield from _reasons(change)
    yield from _why_not(change, plan, shown=None if verbose else _REJECTED_SHOWN)


def _reasons(change: Change | Setting) -> Iterator[str]:
    because = change.because
    yield from _row("because", because.reason)
    if because.rule:
        yield from _row("rule", because.rule)
    if because.task:
        yield from _row("task", _task(because))
    for effect in change.side_effects:
        yield from _row("note", effect)
    if not change.safe:
        yield from _row("careful", "this host cannot put the old state back exactly")


def _task(because: Because) -> str:
    sure = f", confidence {because.confidence}" if because.confidence else ""
    level = f", {because.difficulty} difficulty" if because.difficulty else ""
    return f"{because.task}{level}{sure}, at least {because.threshold}: {', '.join(because.evidence)}"


def _why_not(change: Change, plan: Plan, *, shown: int | None) -> Iterator[str]:
    rejected = plan.verdicts.get(change.why_not or "", ())
    for position, other in enumerate(rejected[:shown]):
        yield from _row("" if position else "why not", f"{other.model}: {other.reason}")
    if shown is not None and len(rejected) > shown:
        yield from _row("", f"and {len(rejected) - shown} more, see --verbose")


def _findings(findings: tuple[Finding, ...], *, verbose: bool) -> Iterator[str]:
    told = [finding for finding in findings if verbose or finding.level != "info"]
    if told:
        yield ""
    for finding in told:
        yield from wrapped(f"{finding.level}: {finding.address}: {finding.text}", "  ")


def _belts(belts: tuple[Belt, ...]) -> Iterator[str]:
    for belt in belts:
        if belt.tripped:
            yield from wrapped(f"refused by {belt.name}: {belt.detail}", "")


def _summary(plan: Plan) -> str:
    count = plan.summary
    changes = f"{count.changes} to change" if count.changes else "No changes"
    stuck = f", {count.stuck} stuck" if count.stuck else ""
    return f"{changes}, {count.kept} kept, {count.left_alone} left alone{stuck}, of {count.slots} slots."


def _row(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"      {label:<{_LABEL}}")


def _list(refs: tuple[str, ...]) -> str:
    return ", ".join(refs) or "none"


def choice_text(choice: ChoiceText | None) -> str:
    return "none" if choice is None else " → ".join((choice.primary, *(choice.fallbacks or ())))

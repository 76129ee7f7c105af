from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import Json, NoFetch, Policies
from reconciler.cli.talk import explain, out, tell, tell_lines
from reconciler.errors import Exit, ReconcilerError, UsageError


if TYPE_CHECKING:
    from reconciler.facts.model import Facts
    from reconciler.ledger.reconciliation import Reconciliation
    from reconciler.policy.model import Policy


def command(
    policy: Policies = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Run once and end; so without --every.")] = False,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="SPAN",
            help="Run again and again, such as 60m; `policy` takes optimizationIntervalMinutes.",
        ),
    ] = None,
    at_once: Annotated[bool, typer.Option("--now", help="Try although the last runs failed.")] = False,
    metrics_file: Annotated[
        Path | None,
        typer.Option("--metrics-file", metavar="PATH", help="Write what was found as text for Prometheus."),
    ] = None,
    no_fetch: NoFetch = False,
    json: Json = False,
) -> int:
    """Read the host and the quota, decide, and do what the mode allows without a person.

    manual records the facts, dry-run writes the plan to a file, auto writes the safe changes of managed slots.
    """
    if once and every is not None:
        raise UsageError("--once and --every exclude each other", hint="leave one away")
    if every is None:
        run, _, _ = _one(policy, metrics_file, fetch=not no_fetch, at_once=at_once)
        out(_shown(run, json=json))
        return _code(run)
    span = _interval(every)
    return _again_and_again(policy, span, metrics_file, fetch=not no_fetch, at_once=at_once, json=json)


def _one(
    policy: list[Path] | None, metrics_file: Path | None, *, fetch: bool, at_once: bool
) -> tuple[Reconciliation, Policy, Facts | None]:
    """Do one run, tell its problems and write its metrics."""
    from reconciler.cli.reconciling import reconcile

    run, loaded, facts = reconcile(policy, fetch=fetch, at_once=at_once)
    for problem in run.problems:
        tell(f"warning: {problem}")
    if metrics_file:
        _write_metrics(metrics_file, run, facts)
    return run, loaded, facts


def _write_metrics(path: Path, run: Reconciliation, facts: Facts | None) -> None:
    from reconciler.openclaw.atomic import write_public
    from reconciler.render.metrics import metrics_text

    text = metrics_text(run, facts.readings, facts.holds) if facts else metrics_text(run)
    write_public(path, text.encode())


def _again_and_again(
    policy: list[Path] | None,
    every: timedelta | None,
    metrics_file: Path | None,
    *,
    fetch: bool,
    at_once: bool,
    json: bool,
) -> Exit:
    """Run until a signal ends it; a run that has begun is finished first."""
    from reconciler.cli import context
    from reconciler.cli.patience import Patience
    from reconciler.loop.pace import wake_at

    interval = every or _of_policy(
        context.load_policy(policy)
    )  # a policy that is wrong from the start ends it
    with Patience() as patience:
        while not patience.over:
            wake = context.now() + interval
            try:
                run, loaded, facts = _one(policy, metrics_file, fetch=fetch, at_once=at_once)
            except ReconcilerError as error:
                tell_lines(explain(error))
            else:
                out(_shown(run, json=json, in_one_line=True))
                interval = every or _of_policy(loaded)
                wake = wake_at(run.at, _pause(loaded, facts, interval), run.retry_at)
            patience.until(wake)
            at_once = False
    return Exit.OK


def _shown(run: Reconciliation, *, json: bool, in_one_line: bool = False) -> str:
    from reconciler.canonical import canonical, pretty
    from reconciler.render.reconciliation import line

    if not json:
        return f"{line(run)}\n"
    return f"{canonical(run.dump())}\n" if in_one_line else pretty(run.dump())


def _pause(policy: Policy, facts: Facts | None, interval: timedelta) -> timedelta:
    from reconciler.loop.pace import pause

    return pause(policy, facts.readings if facts else (), interval)


def _of_policy(policy: Policy) -> timedelta:
    return timedelta(minutes=policy.optimization_interval_minutes)


def _interval(text: str) -> timedelta | None:
    """Read a span; None where the policy is to say it."""
    from reconciler.cli.span import read_span

    return None if text == "policy" else read_span(text)


def _code(run: Reconciliation) -> Exit:
    if run.outcome in {"failed", "partial"}:
        return Exit.ERROR
    return Exit.REFUSED if run.outcome == "refused" else Exit.OK

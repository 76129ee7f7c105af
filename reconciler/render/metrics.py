"""A run of the reconcile loop in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, get_args

from reconciler import __version__
from reconciler.facts.model import HeldSlot, Reading
from reconciler.ledger.reconciliation import Outcome, Reconciliation
from reconciler.policy.document import Mode


Number = int | Decimal | datetime
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Family(NamedTuple):
    """The samples of one name, all gauges, with their labels."""

    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], Number]]


def metrics_text(
    run: Reconciliation, readings: Iterable[Reading] = (), holds: Sequence[HeldSlot] = ()
) -> str:
    """Return every gauge; shares are 0 to 1, times in seconds since 1970. What is unknown has no sample."""
    return "".join(
        line for family in (*_of_run(run, holds), *_of_windows(tuple(readings))) for line in _lines(family)
    )


def _of_run(run: Reconciliation, holds: Sequence[HeldSlot]) -> Iterator[Family]:
    yield Family("info", "Version of tactician.", [({"version": __version__}, 1)])
    yield Family("mode", "Mode of the policy.", _states("mode", get_args(Mode), run.mode))
    outcomes = _states("outcome", get_args(Outcome), run.outcome)
    yield Family("last_run_outcome", "What became of the last run of the reconcile loop.", outcomes)
    retry = [(_NO_LABELS, run.retry_at)] if run.retry_at else []
    yield Family("retry_timestamp_seconds", "When a failed run is tried again.", retry)
    numbers: dict[str, tuple[str, Number]] = {
        "last_run_timestamp_seconds": ("When the last run took its facts.", run.at),
        "failures_in_a_row": ("Runs that failed, up to the last one.", run.failures),
        "slots": ("Slots that were looked at.", run.slots),
        "changes_wanted": ("Changes that the policy wants.", run.wanted),
        "changes_made": ("Slots that the last run wrote.", len(run.changed)),
        "changes_left_alone": ("Wanted changes that auto mode may not make now.", len(run.left_alone)),
        "interventions": ("Slots that the last run put back or on hold.", len(run.interventions)),
        "alarms": ("Thresholds that the last run found passed.", len(run.alarms)),
        "slots_on_hold": ("Slots on hold.", len(holds)),
    }
    for name, (text, number) in numbers.items():
        yield Family(name, text, [(_NO_LABELS, number)])


def _of_windows(readings: Sequence[Reading]) -> Iterator[Family]:
    labels = [
        {"provider": each.provider, "account": each.account, "window": each.window} for each in readings
    ]
    pairs = list(zip(labels, readings, strict=True))
    yield Family(
        "window_used_ratio",
        "Used share of a quota window.",
        [(label, each.used_fraction) for label, each in pairs if each.used_fraction is not None],
    )
    yield Family(
        "window_reset_timestamp_seconds",
        "When a quota window starts anew.",
        [(label, each.resets_at) for label, each in pairs if each.resets_at],
    )
    yield Family(
        "window_reading_timestamp_seconds",
        "When a quota window was last read.",
        [(label, each.taken_at) for label, each in pairs],
    )


_NO_LABELS: Mapping[str, str] = {}


def _states(label: str, names: Iterable[str], now: str) -> list[tuple[Mapping[str, str], Number]]:
    return [({label: name}, int(name == now)) for name in names]


def _lines(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    name = f"tactician_{family.name}"
    yield f"# HELP {name} {family.help}\n# TYPE {name} gauge\n"
    for labels, number in family.samples:
        inside = ",".join(f'{key}="{value.translate(_ESCAPES)}"' for key, value in labels.items())
        yield f"{name}{f'{{{inside}}}' if inside else ''} {_number(number)}\n"


def _number(number: Number) -> str:
    match number:
        case datetime():
            return str(int(number.timestamp()))
        case Decimal():
            return f"{number:f}"
        case _:
            return str(number)

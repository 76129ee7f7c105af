"""What is logged of each action: chosen fields alone, no note of a host and no text of a file, which may quote secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.jsontypes import Json, JsonObject
from reconciler.policy.secret import looks_secret


if TYPE_CHECKING:
    from reconciler.ledger.record import Record

_LEFT_OUT = "(left out: it looks like a key)"


def of_record(record: Record) -> JsonObject:
    """Return the line of an apply or rollback: as it begins with what it is to change, as it ends with what became of it."""
    event: dict[str, Json] = {"action": record.action, "record": record.id, "host": record.host.id}
    if record.undoes:
        event["undoes"] = record.undoes
    if record.status == "begun":
        slots = [slot.dump() for slot in record.slots] or [{"address": a} for a in record.addresses]
        return {**event, "phase": "begin", "plan": record.plan, "slots": slots}
    outcomes = [{"address": address, "outcome": outcome} for address, outcome in _outcomes(record)]
    return {**event, "phase": "end", "status": record.status, "slots": outcomes}


def of_hold(host: str, addresses: Iterable[str], *, reason: str, until: datetime | None = None) -> JsonObject:
    """Return the line of slots that are put on hold."""
    end = {"until": until.isoformat(timespec="seconds")} if until else {}
    why = _LEFT_OUT if looks_secret(reason) else reason
    return {"action": "hold", "host": host, "slots": _slots(addresses), "reason": why, **end}


def of_resume(host: str, addresses: Iterable[str]) -> JsonObject:
    """Return the line of holds that are lifted."""
    return {"action": "resume", "host": host, "slots": _slots(addresses)}


def of_confirm(record: Record, *, by: str) -> JsonObject:
    """Return the line of an apply that was confirmed, *by* a `person` or by the `runs` of its jobs."""
    return {
        "action": "confirm",
        "record": record.id,
        "host": record.host.id,
        "by": by,
        "slots": _slots(record.addresses),
    }


def of_mode(policy: Path, before: str | None, after: str) -> JsonObject:
    """Return the line of a policy file that gets another mode; *before* is None where it set none."""
    return {"action": "mode", "policy": str(policy.absolute()), "before": before, "after": after}


def _slots(addresses: Iterable[str]) -> list[JsonObject]:
    return [{"address": address} for address in addresses]


def _outcomes(record: Record) -> Iterator[tuple[str, str]]:
    """Tell the outcome of each slot; one that stands in `openclaw.json` fares as the worst of the files does."""
    jobs = {job.address: job.outcome for job in record.jobs}
    files = [file.outcome for file in record.files]
    config = next((outcome for outcome in files if outcome != "done"), files[0] if files else "unchanged")
    for address in record.addresses:
        yield address, jobs.get(address, "unchanged" if address.startswith("job/") else config)

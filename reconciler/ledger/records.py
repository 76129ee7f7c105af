from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from reconciler.canonical import canonical
from reconciler.errors import ReconcilerError
from reconciler.ledger.record import Record
from reconciler.ledger.store import opened


class Records:
    """The records in the ledger of one state directory; reading never creates a ledger."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def save(self, record: Record) -> None:
        """Write or overwrite a record; it is on the disk when this returns."""
        row = (
            record.id,
            record.host.id,
            record.plan,
            record.created_at.isoformat(),
            canonical(record.dump()),
        )
        with opened(self._state, create=True) as ledger:
            assert ledger is not None
            ledger.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)", row)

    def all(self) -> tuple[Record, ...]:
        """Return every record that this version can read, newest first."""
        return tuple(_readable(self._documents()))

    def unreadable(self) -> int:
        """Count the records that this version cannot read: of a newer one, or damaged."""
        documents = self._documents()
        return len(documents) - len(tuple(_readable(documents)))

    def _documents(self) -> list[str]:
        with self._reading() as ledger:
            rows = ledger and ledger.execute(
                "SELECT document FROM records ORDER BY created_at DESC, rowid DESC"
            )
            return [document for (document,) in rows or ()]

    def find(self, beginning: str) -> Record:
        """Return the record whose id is, or uniquely begins with, *beginning*; `latest` is the newest.

        Raises:
            ReconcilerError: there is none, or more than one.
        """
        records = self.all()
        if beginning == "latest":
            found = records[:1]
        else:
            found = tuple(record for record in records if record.id == beginning) or tuple(
                record for record in records if record.id.startswith(beginning)
            )
        if len(found) != 1:
            many = "more than one record begins" if found else "no record begins"
            raise ReconcilerError(f"{many} with {beginning!r}", hint="list the records: tactician history")
        return found[0]

    def of_plan(self, digest: str) -> Record | None:
        """Return the apply that used up a plan, None where it was never applied."""
        with self._reading() as ledger:
            rows = ledger and ledger.execute("SELECT document FROM records WHERE plan = ?", (digest,))
            found = [_record(document) for (document,) in rows or ()]
        return next((record for record in found if record.action == "apply"), None)

    def to_undo(self, beginning: str) -> Record:
        """Return the record to roll back: the one named, or as `latest` the newest apply that still stands.

        Raises:
            ReconcilerError: there is none.
        """
        if beginning != "latest":
            return self.find(beginning)
        standing = [record for record in self.all() if record.action == "apply" and not record.undone_by]
        if not standing:
            raise ReconcilerError("no apply is left to undo", hint="see: tactician history")
        return standing[0]

    def unfinished(self) -> tuple[Record, ...]:
        """Return the applies and rollbacks that a crash cut short and nobody undid."""
        return tuple(record for record in self.all() if record.status == "begun" and not record.undone_by)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        with opened(self._state, create=False) as ledger:
            yield ledger


def _readable(documents: Iterable[str]) -> Iterator[Record]:
    for document in documents:
        try:
            yield _record(document)
        except ReconcilerError:
            continue


def _record(document: str) -> Record:
    try:
        return Record.model_validate_json(document)
    except ValidationError as error:
        raise ReconcilerError(
            f"a record in the ledger does not have the shape of one: {error.errors()[0]['msg']}",
            hint="update tactician, or move the ledger away to start a new one",
        ) from None

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    import sqlite3


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database of the host that stays as it is, with no file added beside it.

    Without a write-ahead log nobody has it open, and `immutable` keeps SQLite from making one.

    Raises:
        sqlite3.Error: it cannot be opened or read.
    """
    import sqlite3

    quiet = not path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if quiet else ''}"
    with closing(sqlite3.connect(uri, uri=True, timeout=5)) as database:
        yield database

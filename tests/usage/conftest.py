from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.ledger.store import opened


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "state", create=True) as connection:
        assert connection
        yield connection

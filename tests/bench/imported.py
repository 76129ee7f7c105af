"""Import a home into a ledger and print its totals; what the bench of usage runs and measures."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from reconciler.ledger import usage
from reconciler.ledger.store import opened
from reconciler.openclaw.home import Home
from reconciler.usage.importer import refresh
from reconciler.usage.pool import WORKERS


NOW = datetime(2027, 1, 1, tzinfo=UTC)


def main(folder: Path, state: Path, *, show: bool) -> None:
    with opened(state, create=True) as ledger:
        assert ledger
        refresh(Home(folder / "openclaw.json", folder), ledger, NOW)
        if show:
            found = usage.total(ledger, datetime(2026, 1, 1, tzinfo=UTC), NOW)
            print(json.dumps({"totalTokens": found.tokens, "peakMb": _peak_mb()}))


def _peak_mb() -> float:
    """Return at most what all processes held together: ours, and each reader as if it were the largest."""
    return (getrusage(RUSAGE_SELF).ru_maxrss + WORKERS * getrusage(RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), show="--show" in sys.argv)

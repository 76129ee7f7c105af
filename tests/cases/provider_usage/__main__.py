"""Replay recorded provider answers: `python -m tests.cases.provider_usage DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.cases.provider_usage.case import cases
from tests.cases.provider_usage.check import check


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.stderr.write("usage: python -m tests.cases.provider_usage DIR\n")
        return 64
    results = [(case, check(case)) for case in cases(Path(sys.argv[1]))]
    failed = [(case, lines) for case, lines in results if lines]
    for case, lines in failed:
        sys.stdout.write(f"{case.name}: {'; '.join(lines)}\n")
    sys.stdout.write(f"{len(results) - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

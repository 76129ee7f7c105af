from __future__ import annotations

from pathlib import Path

from tests.bench.measure import BIN, Run, line, median_ratio, median_seconds, pairs, run


CHECKOUT = Path(__file__).parents[2]
POLICY = CHECKOUT / "policies" / "home" / "policy.yaml"
ROUNDS = 15
BAR = 1.2


def bench() -> None:
    """Start-up against octoDNS's, in pairs."""

    def peer() -> Run:
        return run([BIN / "octodns-sync", "--help"], cwd=CHECKOUT)

    for arguments in (["--help"], ["validate", "--policy", str(POLICY)]):
        ours, theirs = pairs(
            lambda a=arguments: run([BIN / "tactician", *a], cwd=CHECKOUT), peer, rounds=ROUNDS
        )
        ratio = median_ratio(ours, theirs)
        line(
            f"tactician {arguments[0]} / octodns-sync --help",
            f"{ratio:.2f} ({median_seconds(ours):.3f} s / {median_seconds(theirs):.3f} s)",
            f"≤ {BAR}",
            met=ratio <= BAR,
        )

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import home
from tests.bench.measure import Run, line, median_ratio, median_seconds, pairs, run
from tests.real.install import NODE, installed


PEER, VERSION = "ccusage", "20.0.24"
CHECKOUT = Path(__file__).parents[2]
ROUNDS = 3
SLOWER, MEMORY, FASTER = 2.5, 1 / 3, 8.0


def bench() -> None:
    """Importing a home of 1 GB, and looking again, against ccusage reading it."""
    peer = [NODE, installed(PEER, VERSION) / "node_modules" / PEER / "src" / "cli.js", "openclaw", "daily"]
    peer += ["--json", "--offline"]
    with tempfile.TemporaryDirectory() as scratch:
        folder, state = Path(scratch) / "openclaw", Path(scratch) / "state"
        home.generate(folder)
        environ = {**os.environ, "OPENCLAW_DIR": str(folder)}
        ours = [sys.executable, "-m", "tests.bench.imported", folder, state]

        def cold() -> Run:
            shutil.rmtree(state, ignore_errors=True)
            return run(ours, cwd=CHECKOUT)

        def theirs() -> Run:
            return run(peer, cwd=CHECKOUT, env=environ)

        _compare_cold(*pairs(cold, theirs, rounds=ROUNDS))
        again, peers = pairs(lambda: run(ours, cwd=CHECKOUT), theirs, rounds=ROUNDS)
        ratio = 1 / median_ratio(again, peers)
        figure = f"{ratio:.0f} ({median_seconds(again):.3f} s / {median_seconds(peers):.2f} s)"
        line(
            "refresh with nothing new, times faster than ccusage",
            figure,
            f"≥ {FASTER:.0f}",
            met=ratio >= FASTER,
        )
        shutil.rmtree(state)
        _compare_totals(_said([*ours, "--show"], environ), _said(peer, environ), peers)


def _compare_cold(ours: list[Run], theirs: list[Run]) -> None:
    ratio = median_ratio(ours, theirs)
    line(
        "cold import of 1 GB of transcripts / ccusage",
        f"{ratio:.2f} ({median_seconds(ours):.2f} s / {median_seconds(theirs):.2f} s)",
        f"≤ {SLOWER}",
        met=ratio <= SLOWER,
    )


def _compare_totals(ours: dict[str, float], theirs: dict[str, dict[str, float]], runs: list[Run]) -> None:
    peer_mb = statistics.median(one.peak_mb for one in runs)
    share = ours["peakMb"] / peer_mb
    figure = f"{share:.2f} ({ours['peakMb']:.0f} MB / {peer_mb:.0f} MB)"
    line("cold import, memory of all processes / ccusage", figure, "≤ 1/3", met=share <= MEMORY)
    mine, other = ours["totalTokens"], theirs["totals"]["totalTokens"]
    line("tokens counted, less those of ccusage", f"{mine - other:,} of {other:,}", "0", met=mine == other)


def _said(command: list[str | Path], environ: dict[str, str]) -> dict:  # type: ignore[type-arg]
    done = subprocess.run(
        list(map(str, command)), cwd=CHECKOUT, env=environ, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]

from __future__ import annotations

import json
import random
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.measure import BIN, Run, line, median_ratio, median_seconds, pairs, run


JOBS, MODELS, RECORDS, CHANGES = 10_000, 50, 10_000, 1_000
ROUNDS = 3
FASTER, MEMORY_MB, GROWTH = 3.0, 250, 2.3
_PROMPTS = (
    {"check": 1, "tell me": 1, "count": 1, "inbox": 1},
    {"analyze": 1, "compare": 2, "risk": 1},
    {"fix": 1, "function": 2, "refactor": 1},
    {"write": 1, "story": 1},
)
_TIERS = ("premium", "standard", "budget", "free", "local")


def bench() -> None:
    """`plan --facts` on many jobs against octoDNS planning as many records."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        policy, small, large = _policy(folder), _facts(folder, JOBS), _facts(folder, 2 * JOBS)
        octodns = _octodns(folder)

        def plan(facts: Path) -> Run:
            command = [BIN / "tactician", "plan", "--policy", policy, "--facts", facts, "--json"]
            return run(command, cwd=folder, ok=frozenset({0, 3}))

        ours, theirs = pairs(
            lambda: plan(small),
            lambda: run([BIN / "octodns-sync", f"--config-file={octodns}"], cwd=folder),
            rounds=ROUNDS,
        )
        twice = [plan(large) for _ in range(ROUNDS)]
    ratio = 1 / median_ratio(ours, theirs)
    line(
        f"plan {JOBS:,} jobs, {MODELS} models, times faster than octoDNS",
        f"{ratio:.1f} ({median_seconds(ours):.2f} s / {median_seconds(theirs):.2f} s)",
        f"≥ {FASTER:.0f}",
        met=ratio >= FASTER,
    )
    peak = max(one.peak_mb for one in ours)
    line(f"plan {JOBS:,} jobs, peak memory", f"{peak:.0f} MB", f"< {MEMORY_MB} MB", met=peak < MEMORY_MB)
    growth = statistics.median(one.seconds for one in twice) / median_seconds(ours)
    line(
        f"plan {2 * JOBS:,} jobs / {JOBS:,} jobs", f"{growth:.2f} times", f"≤ {GROWTH}", met=growth <= GROWTH
    )


def _policy(folder: Path) -> Path:
    providers = "".join(
        f"    p{number}: {{quotaSource: manual, tier: {tier}}}\n" for number, tier in enumerate(_TIERS)
    )
    scores = "".join(
        f"    {ref}: {{scores: {{coding: {0.5 + number / 100:.2f}, reasoning: {0.5 + number / 100:.2f}, "
        f"creative: {0.5 + number / 100:.2f}, simple: {0.3 + number / 100:.2f}}}, prices: {{input: 1, output: 4}}}}\n"
        for number, ref in enumerate(_refs())
    )
    path = folder / "policy.yaml"
    path.write_text(
        "apiVersion: tactician/v1\nkind: RoutingPolicy\nspec:\n"
        f"  providers:\n{providers}  models:\n{scores}"
        "  safety: {maxChanges: 100000, maxChangedShare: 1}\n"
    )
    return path


def _refs() -> list[str]:
    return [f"p{number % len(_TIERS)}/model-{number:02}" for number in range(MODELS)]


def _facts(folder: Path, count: int) -> Path:
    """Write facts in which about a tenth of the jobs stand on a model that should change."""
    chance = random.Random(7)
    document = {
        "apiVersion": "tactician/v1",
        "kind": "Facts",
        "takenAt": "2026-11-23T12:00:00Z",
        "host": {
            "id": "bench",
            "label": "bench",
            "version": "2026.9.6",
            "layout": "modern",
            "jobsFrom": "gateway",
            "gateway": True,
            "config": {
                "agents": {"entries": {"main": {"model": {"primary": "p0/model-45", "fallbacks": []}}}}
            },
            "models": [{"ref": ref, "contextWindow": 200_000, "available": True} for ref in _refs()],
            "jobs": [_job(number, chance) for number in range(count)],
        },
    }
    path = folder / f"facts-{count}.json"
    path.write_text(json.dumps(document))
    return path


def _job(number: int, chance: random.Random) -> dict[str, Any]:
    words = chance.choice(_PROMPTS)
    settled = "p4/model-49" if words is _PROMPTS[0] else "p3/model-48"
    return {
        "id": f"{number:08x}-0000-4000-8000-000000000000",
        "name": f"job {number}",
        "agentId": "main",
        "payloadKind": "agentTurn",
        "model": settled if number % (JOBS // CHANGES) else "p0/model-45",
        "fallbacks": [],
        "schedule": {"kind": "cron", "expr": "0 2 * * *"},
        "prompt": {"sha256": f"sha256:{number:064x}", "chars": 400, "words": words},
        "revision": f"sha256:{number:064x}",
    }


def _octodns(folder: Path) -> Path:
    """Write two zones of YAML that differ in a tenth of their records."""
    for name, changed in (("source", True), ("target", False)):
        directory = folder / name
        directory.mkdir()
        records = "".join(_record(number, changed=changed) for number in range(RECORDS))
        (directory / "bench.test.yaml").write_text(f"---\n{records}")
    config = folder / "octodns.yaml"
    provider = "class: octodns.provider.yaml.YamlProvider\n    enforce_order: false\n    default_ttl: 300\n"
    config.write_text(
        f"providers:\n  source:\n    {provider}    directory: {folder}/source\n"
        f"  target:\n    {provider}    directory: {folder}/target\n"
        "zones:\n  bench.test.:\n    sources: [source]\n    targets: [target]\n"
    )
    return config


def _record(number: int, *, changed: bool) -> str:
    last = 200 if changed and number % (RECORDS // CHANGES) == 0 else number % 100
    return f"host{number:05}:\n  type: A\n  value: 10.{number // 10000}.{number // 100 % 100}.{last}\n"

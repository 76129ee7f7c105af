"""Prints how far the shipped catalog can be relied on: what it covers, what it estimates, how well, how quickly."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from statistics import fmean
from time import perf_counter

from reconciler.catalog.model import Catalog, CatalogModel, shipped
from reconciler.kinds import KINDS
from tests.snapshot.build import DATA, observations
from tests.snapshot.scores import PARTS, Table, score


NAMED = (
    "anthropic", "claude-cli", "openai", "openai-codex", "google", "google-gemini-cli", "moonshot", "kimi", "kimi-coding", "synthetic",
    "zai", "github-copilot", "openrouter", "minimax", "deepseek", "xai", "mistral", "ollama-cloud", "opencode-go",
)  # fmt: skip
UNKNOWN = ("openai/gpt-9", "anthropic/claude", "zai/glm", "ollama/nobody-knows:8b", "openrouter/auto", "")
LOADS = 20


def main() -> None:
    catalog = shipped()
    _coverage(catalog)
    _provenance(catalog)
    print("unknown names taken for known ones:", sum(catalog.find(ref) is not None for ref in UNKNOWN))
    _left_out()
    _start()


def _coverage(catalog: Catalog) -> None:
    rows = json.loads((DATA / "packages.json").read_text(encoding="utf-8"))
    listed = {row["ref"] for row in rows if row["source"] != "litellm"}
    by_provider: dict[str, list[CatalogModel | None]] = defaultdict(list)
    for ref in sorted(listed):
        by_provider[ref.partition("/")[0]].append(catalog.find(ref))
    print(f"{'ids that OpenClaw lists':<26}{'ids':>6}{'known':>7}{'priced':>8}{'window':>8}{'scored':>8}")
    for provider in NAMED:
        found = by_provider[provider]
        known = [model for model in found if model]
        priced = sum(model.price_input is not None for model in known)
        window = sum(model.context_window is not None for model in known)
        scored = sum(bool(model.scores) for model in known)
        print(f"{provider:<26}{len(found):>6}{len(known):>7}{priced:>8}{window:>8}{scored:>8}")


def _provenance(catalog: Catalog) -> None:
    methods = Counter(
        "estimated" if number.source.estimated else "measured"
        for ref in catalog.refs()
        if (model := catalog.find(ref))
        for numbers in model.levels.values()
        for name, number in numbers.items()
        if name in KINDS
    )
    print("numbers by kind of work:", dict(sorted(methods.items())))


def _left_out() -> None:
    """Estimate each model's dimension as if its source had not measured it, and compare."""

    told = list(observations())
    truth = score(told)
    print(f"{'left out of a model':<26}{'models':>7}{'mean error':>12}{'rank r':>8}")
    for dimension, parts in PARTS.items():
        pairs = []
        for model in sorted({seen.model for seen in told if seen.indicator in parts})[::4]:
            less = [seen for seen in told if seen.model != model or seen.indicator not in parts]
            pairs += _pairs(model, dimension, truth, score(less))
        error = fmean(abs(a - b) for a, b in pairs)
        print(f"{dimension:<26}{len(pairs):>7}{error:>12.3f}{_spearman(pairs):>8.2f}")


def _pairs(model: str, dimension: str, truth: Table, guess: Table) -> list[tuple[float, float]]:
    return [
        (float(numbers[dimension][0]), float(guess[model][level][dimension][0]))
        for level, numbers in truth[model].items()
        if dimension in numbers
        and not numbers[dimension][2].startswith(("nearest", "general"))
        and dimension in guess.get(model, {}).get(level, {})
    ][:1]


def _spearman(pairs: list[tuple[float, float]]) -> float:
    ranks = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    middles = [fmean(side) for side in ranks]
    parts = [(a - middles[0], b - middles[1]) for a, b in zip(*ranks, strict=True)]
    scale = math.sqrt(sum(a * a for a, _b in parts) * sum(b * b for _a, b in parts))
    return sum(a * b for a, b in parts) / scale


def _ranks(values: list[float]) -> list[float]:
    order = sorted(values)
    return [(2 * order.index(value) + order.count(value) - 1) / 2 for value in values]


def _start() -> None:
    times = []
    for _ in range(LOADS):
        begun = perf_counter()
        shipped().find("anthropic/claude-opus-4-6")
        times.append((perf_counter() - begun) * 1000)
    print(
        f"load and first look: median {sorted(times)[LOADS // 2]:.1f} ms, worst {max(times):.1f} ms (bar 30)"
    )


if __name__ == "__main__":
    main()

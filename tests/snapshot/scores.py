"""Turns observations into scores 0 to 1 by model, thinking level and dimension."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean, pstdev

from tests.snapshot.benchmarks import Observation
from tests.snapshot.factor import Factor, fit


Number = tuple[str, str, str]
Table = dict[str, dict[str, dict[str, Number]]]
"""model → level → dimension → (value, confidence on the day of the source, source)."""
ORDER = ("off", "minimal", "low", "medium", "high", "xhigh", "max")
NEWEST = "livebench-2026-06-25"
PARTS: Mapping[str, Mapping[str, float]] = {
    "coding": {"coding": 0.4, "agentic": 0.6},
    "reasoning": {"reasoning": 1 / 3, "mathematics": 1 / 3, "data": 1 / 3},
    "creative": {"creative": 1.0},
    "instruction": {"instruction": 1.0},
}
"""Indicators of a dimension and their weights; agents code more than they answer coding questions."""
CENTRE = math.log(0.85 / 0.15)
"""The mean of the newest release scores 0.85: a little above the 0.8 that a policy asks for coding by default."""
EASE = 1.3
"""Logits by which simple work is easier than the benchmarks: an 8B model does it, a 1B model does not."""
_RELIABILITY = {"livebench": 0.9, "eqbench": 0.9, "aider": 0.6, "clawrouter": 0.6}
_TOKENS_PER_SECOND = (math.log(10), math.log(300))


def score(observations: Iterable[Observation]) -> Table:
    """Score every observed model at each of its levels."""
    cells = _cells(observations)
    scale = _scale(cells)
    z = {place: (value - scale[place[2]][0]) / scale[place[2]][1] for place, (value, _s) in cells.items()}
    factor = fit(
        ((model, level), indicator, value)
        for (model, level, indicator), value in z.items()
        if indicator not in ("speed", "tokens")
    )
    sources = {place: source for place, (_v, source) in cells.items()}
    table: Table = defaultdict(lambda: defaultdict(dict))
    for model, level in sorted({place[:2] for place in cells}):
        if (model, level) in factor.ability:
            for dimension, parts in PARTS.items():
                table[model][level][dimension] = _dimension((model, level), parts, z, sources, factor)
            table[model][level]["simple"] = _simple(table[model][level])
        _measures(table[model][level], (model, level), cells)
    steps = _steps(table)
    return {model: _filled(levels, steps) for model, levels in table.items()}


def _cells(observations: Iterable[Observation]) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Lay out one value per model, level and indicator; what was told of any level holds for each."""
    told = list(observations)
    levels: dict[str, set[str]] = defaultdict(set)
    for seen in told:
        if seen.level != "any" and seen.indicator != "aider":
            levels[seen.model].add(seen.level)
    for seen in told:
        if seen.indicator == "aider" and not levels[seen.model]:
            levels[seen.model].add(seen.level)
    cells: dict[tuple[str, str, str], tuple[float, str]] = {}
    for seen in told:
        at = levels[seen.model] or {"on"}
        for level in at if seen.level == "any" else at & {seen.level}:
            cells.setdefault((seen.model, level, seen.indicator), (seen.value, seen.source))
    return cells


def _scale(cells: Mapping[tuple[str, str, str], tuple[float, str]]) -> dict[str, tuple[float, float]]:
    """Return the mean of each indicator over the rows of the newest release, and its deviation over all rows."""
    rows = {place[:2] for place, (_v, source) in cells.items() if source == NEWEST}
    values: dict[str, list[float]] = defaultdict(list)
    everything: dict[str, list[float]] = defaultdict(list)
    for place, (value, _source) in cells.items():
        everything[place[2]].append(value)
        if place[:2] in rows:
            values[place[2]].append(value)
    return {name: (fmean(values[name] or every), pstdev(every)) for name, every in everything.items()}


def _dimension(
    row: tuple[str, str],
    parts: Mapping[str, float],
    z: Mapping[tuple[str, str, str], float],
    sources: Mapping[tuple[str, str, str], str],
    factor: Factor,
) -> Number:
    value, confidence, source = 0.0, 0.0, ""
    for name, weight in parts.items():
        place = (*row, name)
        if place in z:
            value += weight * z[place]
            confidence += weight * _RELIABILITY[sources[place].partition("-")[0]]
            source = max(source, sources[place])
        else:
            value += weight * factor.expect(row, name)
            confidence += weight * factor.share(name) * 0.5
    return _number(_logistic(CENTRE + value), confidence, source or "general-factor")


def _simple(numbers: Mapping[str, Number]) -> Number:
    """Score easy work by what it takes: to follow the instruction and to see what is meant."""
    parts = [numbers["instruction"], numbers["reasoning"]]
    logit = fmean(_logit(float(value)) for value, _confidence, _source in parts)
    weakest = min(parts, key=lambda part: float(part[1]))
    return _number(_logistic(logit + EASE), float(weakest[1]), weakest[2])


def _measures(
    numbers: dict[str, Number],
    row: tuple[str, str],
    cells: Mapping[tuple[str, str, str], tuple[float, str]],
) -> None:
    slow, fast = _TOKENS_PER_SECOND
    speeds = [value for place, (value, _s) in cells.items() if place[2] == "speed"]
    told = cells.get((*row, "speed"))
    value, source, confidence = (*told, 0.6) if told else (fmean(speeds), "mean-of-measured", 0.1)
    numbers["speed"] = _number((value - slow) / (fast - slow), confidence, source)
    tokens = cells.get((*row, "tokens"))
    if tokens:
        numbers["tokens"] = (str(round(math.exp(tokens[0]))), "0.90", tokens[1])


Steps = Mapping[str, Mapping[str, float]]


def _steps(table: Table) -> Steps:
    """Return by dimension and level how many logits it stands from `high`, over the models measured at both."""
    seen: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for levels in table.values():
        high = levels.get("high", {})
        for level, numbers in levels.items():
            for name in (*PARTS, "simple"):
                if name in numbers and name in high:
                    step = _logit(float(numbers[name][0])) - _logit(float(high[name][0]))
                    seen[name][level].append(step)
    steps = {name: {level: fmean(all_) for level, all_ in levels.items()} for name, levels in seen.items()}
    for levels in steps.values():
        levels["max"] = levels["xhigh"]  # one model alone was measured at both `high` and `max`
    return steps


def _filled(levels: dict[str, dict[str, Number]], steps: Steps) -> dict[str, dict[str, Number]]:
    """Add the common levels that nobody measured, from the nearest one that somebody did."""
    measured = [level for level in ORDER if level in levels]
    if not measured or measured == ["off"]:
        return levels
    wanted = set(ORDER[: ORDER.index(measured[-1]) + 1]) - {"minimal"}
    filled = dict(levels)
    for level in sorted(wanted - set(measured), key=ORDER.index):
        near = min(measured, key=lambda other: abs(ORDER.index(other) - ORDER.index(level)))
        filled[level] = {
            name: _moved(name, number, steps.get(name, {}), (near, level))
            for name, number in levels[near].items()
        }
    return filled


def _moved(name: str, number: Number, steps: Mapping[str, float], way: tuple[str, str]) -> Number:
    """Carry a number from one level to another; verbosity stays, as nobody measured one model at two levels."""
    value, confidence, source = number
    if name in ("creative", "speed"):
        return number  # its sources do not tell levels apart
    if name == "tokens":
        return value, "0.20", f"nearest-level:{source}"
    near, level = way
    step = steps.get(level, 0.0) - steps.get(near, 0.0)
    return _number(_logistic(_logit(float(value)) + step), float(confidence) / 2, f"nearest-level:{source}")


def _number(value: float, confidence: float, source: str) -> Number:
    return f"{min(max(value, 0.01), 0.99):.2f}", f"{confidence:.2f}", source


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _logit(p: float) -> float:
    return math.log(p / (1 - p))

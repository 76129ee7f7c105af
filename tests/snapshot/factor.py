"""One general factor behind all indicators, fitted by alternating least squares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


Row = Hashable
ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Factor:
    """Standard-normal abilities by row; an indicator is `loading times ability` plus noise of *noise* variance."""

    ability: Mapping[Row, float]
    loading: Mapping[str, float]
    noise: Mapping[str, float]

    def expect(self, row: Row, indicator: str) -> float:
        """Return the z that the general factor expects, shrunk towards 0 where little is known of *row*."""
        return self.loading[indicator] * self.ability[row]

    def share(self, indicator: str) -> float:
        """Return the share of an indicator's variance that the factor explains, 0 to 1."""
        signal = self.loading[indicator] ** 2
        return signal / (signal + self.noise[indicator])


def fit(cells: Iterable[tuple[Row, str, float]]) -> Factor:
    """Fit the factor to z-scores; the prior on abilities, a standard normal, does the shrinking."""
    by_row: dict[Row, list[tuple[str, float]]] = defaultdict(list)
    by_indicator: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for row, indicator, z in cells:
        by_row[row].append((indicator, z))
        by_indicator[indicator].append((row, z))
    loading = dict.fromkeys(by_indicator, 0.8)
    noise = dict.fromkeys(by_indicator, 0.4)
    ability: dict[Row, float] = {}
    for _ in range(ROUNDS):
        for row, seen in by_row.items():
            weight = 1 + sum(loading[name] ** 2 / noise[name] for name, _z in seen)
            ability[row] = sum(loading[name] * z / noise[name] for name, z in seen) / weight
        for name, rows in by_indicator.items():
            square = sum(ability[row] ** 2 for row, _z in rows) + 1
            loading[name] = (sum(ability[row] * z for row, z in rows) + 0.8) / square
            rest = sum((z - loading[name] * ability[row]) ** 2 for row, z in rows)
            noise[name] = max(rest / len(rows), 0.05)
    return Factor(ability, loading, noise)

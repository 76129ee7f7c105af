"""Draws confusion matrices as one SVG picture: a row for each labelled kind, a column for each given one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.kinds import KINDS
from tests.eval.score import Judged, accuracy


_CELL, _LEFT, _TOP = 74, 96, 84
_WIDTH, _HEIGHT = _LEFT + 4 * _CELL + 24, _TOP + 4 * 46 + 24
_ROW = 46


def confusion_svg(parts: Mapping[str, Sequence[Judged]]) -> str:
    """Return the picture of the matrices side by side; the darker a cell, the greater its share of the row."""
    width = _WIDTH * len(parts)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}"'
        ' font-family="sans-serif" font-size="13" role="img" aria-label="Confusion of kinds">'
    )
    drawn = [
        line
        for position, (title, judged) in enumerate(parts.items())
        for line in _matrix(title, judged, position * _WIDTH)
    ]
    return "\n".join((head, '<rect width="100%" height="100%" fill="#ffffff"/>', *drawn, "</svg>", ""))


def _matrix(title: str, judged: Sequence[Judged], left: int) -> Iterator[str]:
    counts = Counter((it.label.kind, it.kind) for it in judged)
    yield f'<g transform="translate({left},0)" fill="#1b1f24">'
    yield f'<text x="{_LEFT}" y="24" font-weight="bold">{title}</text>'
    yield f'<text x="{_LEFT}" y="44">{len(judged)} prompts, {accuracy(judged):.1%} right</text>'
    for place, kind in enumerate(KINDS):
        middle = _LEFT + place * _CELL + _CELL // 2
        yield f'<text x="{middle}" y="{_TOP - 10}" text-anchor="middle">{kind}</text>'
        yield (f'<text x="{_LEFT - 8}" y="{_TOP + place * _ROW + 27}" text-anchor="end">{kind}</text>')
        yield from _row(kind, counts, _TOP + place * _ROW)
    yield "</g>"


def _row(kind: str, counts: Mapping[tuple[str, str], int], top: int) -> Iterator[str]:
    total = sum(counts.get((kind, given), 0) for given in KINDS) or 1
    for place, given in enumerate(KINDS):
        count = counts.get((kind, given), 0)
        share = count * 100 // total
        colour = "#2e7d32" if kind == given else "#c62828"
        left = _LEFT + place * _CELL
        yield (
            f'<rect x="{left}" y="{top}" width="{_CELL - 2}" height="{_ROW - 2}" fill="{colour}"'
            f' fill-opacity="{(8 + share * 80 // 100) / 100 if count else 0.03}"/>'
        )
        ink = "#ffffff" if share > 55 else "#1b1f24"
        yield (
            f'<text x="{left + _CELL // 2 - 1}" y="{top + 27}" text-anchor="middle" fill="{ink}">{count}</text>'
        )

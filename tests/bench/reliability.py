"""The reliability picture of docs/forecast.md: `python -m tests.bench.reliability` draws it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from tests.bench.forecast import TRACE, Case, read, weekly


PICTURE = Path(__file__).parents[2] / "docs" / "forecast-reliability.svg"
SIDE, EDGE = 300, 50


def tenths(cases: Sequence[Case]) -> list[tuple[float, float, int]]:
    """Return for each tenth of the chance the mean that was said, the share that came, and the count."""
    found = []
    for tenth in range(10):
        part = [case for case in cases if tenth <= min(9.99, case.ours * 10) < tenth + 1]
        if part:
            found.append((fmean(case.ours for case in part), fmean(case.came for case in part), len(part)))
    return found


def svg(points: Sequence[tuple[float, float, int]]) -> str:
    """Draw what came over what was said; the area of a dot is the number of cases."""
    size = SIDE + 2 * EDGE
    most = max(count for _, _, count in points)
    dots = "\n".join(
        f'<circle cx="{EDGE + said * SIDE:.1f}" cy="{EDGE + (1 - came) * SIDE:.1f}"'
        f' r="{4 + 12 * (count / most) ** 0.5:.1f}" fill="#2a7ab8" fill-opacity="0.7">'
        f"<title>said {said:.2f}, came {came:.2f}, {count} cases</title></circle>"
        for said, came, count in points
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<rect x="{EDGE}" y="{EDGE}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>
<line x1="{EDGE}" y1="{EDGE + SIDE}" x2="{EDGE + SIDE}" y2="{EDGE}" stroke="#888" stroke-dasharray="4"/>
{dots}
<text x="{size / 2}" y="{size - 15}" text-anchor="middle">chance that was said: weekly quota gone within 24 h</text>
<text x="18" y="{size / 2}" text-anchor="middle" transform="rotate(-90 18 {size / 2})">share of the cases in which it came</text>
<text x="{EDGE}" y="{EDGE + SIDE + 16}" text-anchor="middle">0</text>
<text x="{EDGE + SIDE}" y="{EDGE + SIDE + 16}" text-anchor="middle">1</text>
<text x="{EDGE - 10}" y="{EDGE + 4}" text-anchor="middle">1</text>
</svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(svg(tenths([case for use in read(TRACE).values() for case in weekly(use)])))

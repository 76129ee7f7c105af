from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.policy.load import check_text
from reconciler.servers.factors import EFFECTS


DOCS = (Path(__file__).parents[2] / "docs" / "local-models.md").read_text()
HEAD = "apiVersion: tactician/v1\nkind: RoutingPolicy\n"


@pytest.mark.parametrize("example", re.findall(r"^```yaml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL))
def test_every_example_is_a_policy_without_an_error(example: str) -> None:
    assert () == check_text({"local-models.md": HEAD + example}).errors


def test_the_table_holds_the_numbers_of_the_code() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d+)\u2013(\d+) % \| ([\d.]+) % \| ([\d.]+)\u2013([\d.]+) \u00d7 \|$",
        DOCS,
        re.MULTILINE,
    )

    expected = [
        (
            name,
            *(f"{share:.0%}".rstrip("%") for share in effect.retention),
            f"{effect.quality * 100:.1f}".removesuffix(".0"),
            *map(str, effect.speeds),
        )
        for name, effect in EFFECTS.items()
        if name not in {"F32", "F16", "BF16"}
    ]
    assert expected == rows

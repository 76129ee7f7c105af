"""What the documents promise is there, and what is there they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from reconciler.cli.main import app
from reconciler.plan.belts import NAMES
from reconciler.schemas import schemas


ROOT = Path(__file__).parents[1]
USAGE = (ROOT / "docs" / "usage.md").read_text()
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "policies" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def options() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each command, a command of a group as `models list`, with its options."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        for path, one in [
            (f"{name} {sub}", one) for sub, one in getattr(command, "commands", {}).items()
        ] or [(name, command)]:
            yield path, frozenset(flag for param in one.params for flag in param.opts)


COMMANDS = dict(options())
ROWS = [line for line in USAGE.splitlines() if line.startswith("| `tactician ")]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_table(name: str) -> None:
    assert any(re.search(rf"(`tactician |`|\|){re.escape(name)}[ `|]", row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_every_option_in_the_table_exists(row: str) -> None:
    words = row.split("`")[1].removeprefix("tactician ")
    name = next(name for name in COMMANDS if words.startswith(name))

    assert COMMANDS[name] >= set(re.findall(r"--[a-z-]+", words))


def test_every_command_that_prints_json_is_told() -> None:
    sentence = next(line for line in USAGE.splitlines() if line.endswith("do with `--json`."))
    told = set(re.findall(r"`([a-z-]+)`", sentence)) - {"facts", "--json"}

    assert {name.partition(" ")[0] for name, flags in COMMANDS.items() if "--json" in flags} == told


def test_every_belt_is_told_with_the_flag_that_lifts_it() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|.*\| `--lift-\1` \|$", USAGE, re.MULTILINE)) == set(NAMES)


def test_every_schema_is_told() -> None:
    table = USAGE[USAGE.index("| schema |") :].partition("\n\n")[0]

    assert {name.partition(".")[0] for name, _ in schemas()} == set(
        re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        found = document.parent / path if path else document

        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


def _anchors(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_decisions_are_numbered_without_a_gap() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    for number, file in enumerate(files, 1):
        assert file.name.startswith(f"{number:04}-")
        assert file.read_text().startswith(f"# {number}. ")

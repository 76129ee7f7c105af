"""Which room may know of which: arrows go one way, and what lies between facts and plan touches nothing outside."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


PACKAGE = Path(__file__).parents[1] / "reconciler"
ROOMS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())
PURE = ["analysis", "assign", "explain", "forecast", "plan", "solve", "tasks", "whatif"]
WORLD = {
    "asyncio",
    "httpx",
    "os",
    "random",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "time",
    "typer",
}


def imported(room: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of a room with each module that it imports, inside functions too."""
    for file in sorted((PACKAGE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield file, node.module
            elif isinstance(node, ast.Import):
                yield from ((file, one.name) for one in node.names)


def rooms_of(room: str) -> set[str]:
    found = {module.split(".")[1] for _, module in imported(room) if module.startswith("reconciler.")}
    return found & set(ROOMS) - {room}


@pytest.mark.parametrize("room", ["catalog", "openclaw", "policy", "solve"])
def test_the_ground_floor_knows_no_other_room(room: str) -> None:
    assert set() == rooms_of(room)


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_but_the_command_line_knows_what_writes_and_shows(room: str) -> None:
    above = {"apply", "cli", "render"} if room != "cli" else set()

    assert set() == rooms_of(room) & above


@pytest.mark.parametrize("room", PURE)
def test_between_facts_and_plan_nothing_asks_the_world(room: str) -> None:
    for file, module in imported(room):
        assert module.partition(".")[0] not in WORLD, file

    assert set() == rooms_of(room) & {"ledger", "quota", "usage"}


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": str(PACKAGE.parent), "HOME": str(cwd)},
    )
    return {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}


def test_help_loads_no_room(tmp_path: Path) -> None:
    loaded = loaded_by("--help", cwd=tmp_path)

    assert "typer" in loaded
    assert set() == loaded & {
        "httpx",
        "pydantic",
        "sqlite3",
        *(f"reconciler.{room}" for room in ROOMS if room != "cli"),
    }


def test_validate_loads_the_policy_alone(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.yaml").write_text("apiVersion: tactician/v1\nkind: RoutingPolicy\nspec: {}\n")

    loaded = loaded_by("validate", cwd=tmp_path)

    rooms = {f"reconciler.{room}" for room in ROOMS if room not in ("cli", "policy")}
    assert "reconciler.policy" in loaded
    assert set() == loaded & {"httpx", "sqlite3", "typer", *rooms}

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.openclaw.checklist import checklists
from reconciler.openclaw.home import Home


def test_each_agents_checklist_is_found_where_its_workspace_is(tmp_path: Path) -> None:
    home = Home(tmp_path / "openclaw.json", tmp_path, user_home=tmp_path / "user")
    for folder, text in (("workspace", "main's"), ("workspace-coder", "coder's"), ("user/own", "own's")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "HEARTBEAT.md").write_text(text)
    agents = [{"id": "main", "default": True}, {"id": "coder"}, {"id": "own", "workspace": "~/own"}]

    found = checklists(home, {"agents": {"list": [*agents, {"id": "without"}]}}, [])

    assert {"main": "main's", "coder": "coder's", "own": "own's"} == found


def test_a_host_without_a_roster_has_one_checklist(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "HEARTBEAT.md").write_text("check")
    config: dict[str, Any] = {"agents": {"defaults": {"workspace": str(tmp_path / "shared")}}}

    assert {"main": "check"} == checklists(Home(tmp_path / "openclaw.json", tmp_path), config, [])


def test_an_empty_checklist_is_none_and_one_without_bound_is_a_problem(tmp_path: Path) -> None:
    home, problems = Home(tmp_path / "openclaw.json", tmp_path), list[str]()
    (tmp_path / "workspace").mkdir()
    file = tmp_path / "workspace" / "HEARTBEAT.md"

    file.write_text("\n")
    assert ({}, []) == (checklists(home, {}, problems), problems)
    file.write_text("x" * 200_000)
    assert {} == checklists(home, {}, problems)
    assert ["main" in problem for problem in problems] == [True]

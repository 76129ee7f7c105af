from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.policy.find import find


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a: 1\n")
    return path


def test_named_files_and_directories_come_first(tmp_path: Path) -> None:
    named = put(tmp_path / "x" / "one.yaml")
    second = put(tmp_path / "y" / "two.yml")
    put(tmp_path / "policies" / "home.yaml")

    found = find([Path("y"), named], cwd=tmp_path, config=tmp_path / "c")

    assert found == (second, named)


def test_policies_beside_the_user_come_before_the_users_own(tmp_path: Path) -> None:
    home = put(tmp_path / "policies" / "home.yaml")
    own = put(tmp_path / "c" / "policies" / "own.yaml")

    assert find([], cwd=tmp_path, config=tmp_path / "c") == (home,)
    home.unlink()
    assert find([], cwd=tmp_path, config=tmp_path / "c") == (own,)


def test_files_come_by_name_and_only_policies_that_are_not_hidden(tmp_path: Path) -> None:
    for name in ("20-b.yaml", "10-a.yml", ".hidden.yaml", "notes.md", "x.yaml~"):
        put(tmp_path / "policies" / name)
    (tmp_path / "policies" / "dir.yaml").mkdir()

    found = find([], cwd=tmp_path, config=tmp_path)

    assert [path.name for path in found] == ["10-a.yml", "20-b.yaml"]


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    path = put(tmp_path / "p.yaml")

    assert find([path, Path("p.yaml"), tmp_path], cwd=tmp_path, config=tmp_path) == (path,)


def test_a_named_file_that_is_missing_is_left_to_the_loader(tmp_path: Path) -> None:
    assert find([Path("gone.yaml")], cwd=tmp_path, config=tmp_path) == (tmp_path / "gone.yaml",)


def test_nothing_found_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="no policy found") as caught:
        find([], cwd=tmp_path / "here", config=tmp_path / "c")

    assert caught.value.evidence == (
        f"looked for *.yaml in {tmp_path / 'here' / 'policies'}",
        f"looked for *.yaml in {tmp_path / 'c' / 'policies'}",
    )


def test_the_configuration_directory_is_the_systems_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))

    with pytest.raises(ReconcilerError) as caught:
        find([], cwd=tmp_path)

    assert str(tmp_path) in caught.value.evidence[1]
    assert "tactician/policies" in caught.value.evidence[1]


def test_a_named_directory_without_a_policy_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="no policy in"):
        find([tmp_path], cwd=tmp_path, config=tmp_path)

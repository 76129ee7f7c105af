from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.paths import private_dir, state_dir


def test_the_variable_names_the_state_directory() -> None:
    assert Path("/var/lib/tactician") == state_dir({"TACTICIAN_STATE_DIR": "/var/lib/tactician"})


def test_a_relative_or_home_path_in_the_variable_is_made_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert tmp_path / "state" == state_dir({"TACTICIAN_STATE_DIR": "state"})
    assert tmp_path / "home" / "state" == state_dir({"TACTICIAN_STATE_DIR": "~/state"})


@pytest.mark.parametrize("environ", [{}, {"TACTICIAN_STATE_DIR": ""}])
def test_without_it_the_users_own_state_directory_is_taken(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    found = state_dir(environ)

    assert "tactician" == found.name
    assert found.is_relative_to(tmp_path)


def test_a_private_directory_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    made = private_dir(tmp_path / "a" / "state")

    assert made == private_dir(made)
    assert 0o700 == made.stat().st_mode & 0o777


def test_a_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ReconcilerError, match=r"cannot make the state directory .*: Not a directory"):
        private_dir(tmp_path / "file" / "state")

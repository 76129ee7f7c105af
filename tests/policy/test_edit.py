from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ReconcilerError
from reconciler.policy import edit
from reconciler.policy.edit import Edited, set_mode
from reconciler.policy.load import load, load_text


FIXTURES = Path(__file__).parent / "fixtures"
HEAD = "apiVersion: tactician/v1\nkind: RoutingPolicy\n"


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def after(tmp_path: Path, text: str) -> str:
    path = written(tmp_path / "p.yaml", text)
    set_mode([path], "auto")
    return path.read_bytes().decode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("mode", ["manual", "auto"])
def test_only_the_mode_changes_byte_for_byte(tmp_path: Path, newline: str, mark: str, mode: str) -> None:
    text = mark + (FIXTURES / "home.yaml").read_text().replace("\n", newline)
    path = written(tmp_path / "p.yaml", text)

    edited = set_mode([path], mode)

    assert edited == Edited(path, "dry-run")
    assert path.read_bytes() == text.replace("mode: dry-run", f"mode: {mode}").encode()
    assert load([path]).mode == mode


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("spec:\n  mode: 'manual' # why\n", "spec:\n  mode: 'auto' # why\n"),
        ('spec: {mode: "manual", rules: []}\n', 'spec: {mode: "auto", rules: []}\n'),
        ("spec:\n  mode: &m manual\n", "spec:\n  mode: &m auto\n"),
        ("spec:\n  mode:\n    manual\n", "spec:\n  mode:\n    auto\n"),
        ("spec:\n  # first\n  rules: []\n", "spec:\n  # first\n  mode: auto\n  rules: []\n"),
        ("spec:\r\n    rules: []\r\n", "spec:\r\n    mode: auto\r\n    rules: []\r\n"),
        ("spec: {rules: []}\n", "spec: {mode: auto, rules: []}\n"),
        ("spec: {}", "spec: {mode: auto}"),
        ("spec: { }\n", "spec: {mode: auto }\n"),
        ("spec:\n  mode: manual", "spec:\n  mode: auto"),
    ],
)
def test_every_style_of_yaml_keeps_its_style(tmp_path: Path, old: str, new: str) -> None:
    assert after(tmp_path, HEAD + old) == HEAD + new


@pytest.mark.parametrize(
    "text",
    [
        f"x: &s {{mode: manual}}\n{HEAD}spec: {{<<: *s}}\n",
        f"{HEAD}spec:\n  mode: |\n    manual\n  rules: []\n",
        f"{HEAD}spec:\n  mode:\n  rules: []\n",
        f"{HEAD}spec:\n  ? rules\n  : []\n",
        f"x: &s {{mode: manual}}\n{HEAD}spec: *s\n",
    ],
)
def test_a_style_that_cannot_be_edited_safely_is_left_alone(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "p.yaml", text)

    with pytest.raises(ReconcilerError, match="cannot be changed safely"):
        set_mode([path], "auto")

    assert path.read_text() == text


def test_several_places_that_set_the_mode_are_named(tmp_path: Path) -> None:
    one = written(tmp_path / "1.yaml", f"{HEAD}spec: {{mode: manual}}\n")
    two = written(tmp_path / "2.yaml", f"{HEAD}spec: {{mode: manual}}\n")

    with pytest.raises(ReconcilerError, match="several places set the mode") as caught:
        set_mode([one, two], "auto")

    assert caught.value.evidence == (f"{one}:3:8", f"{two}:3:8")
    assert "auto" not in one.read_text() + two.read_text()


def test_the_file_that_sets_the_mode_is_the_one_that_changes(tmp_path: Path) -> None:
    one = written(tmp_path / "1.yaml", f"{HEAD}spec: {{rules: []}}\n")
    two = written(
        tmp_path / "2.yaml",
        f"apiVersion: tactician/v1\nkind: ModelCatalog\nspec: {{}}\n---\n{HEAD}spec: {{mode: manual}}\n",
    )

    assert set_mode([one, two], "auto") == Edited(two, "manual")
    assert load([one, two]).mode == "auto"


def test_a_file_without_a_policy_is_not_edited(tmp_path: Path) -> None:
    path = written(tmp_path / "p.yaml", "apiVersion: tactician/v1\nkind: ModelCatalog\nspec: {}\n")

    with pytest.raises(ReconcilerError, match="no RoutingPolicy"):
        set_mode([path], "auto")


def test_the_permissions_and_a_link_stay(tmp_path: Path) -> None:
    target = written(tmp_path / "target.yaml", f"{HEAD}spec: {{}}\n")
    target.chmod(0o640)
    link = tmp_path / "p.yaml"
    link.symlink_to(target)

    set_mode([link], "auto")

    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert "mode: auto" in target.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.yaml", "target.yaml"]


def test_a_failing_write_leaves_the_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "p.yaml", f"{HEAD}spec: {{}}\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edit.os, "replace", full)

    with pytest.raises(ReconcilerError, match="was not changed: no space left on device"):
        set_mode([path], "auto")

    assert path.read_text() == f"{HEAD}spec: {{}}\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_change_by_somebody_else_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "p.yaml", f"{HEAD}spec: {{}}\n")
    resolve = Path.resolve

    def edited_by_a_human(self: Path) -> Path:
        written(path, "# mine\n")
        return resolve(self)

    monkeypatch.setattr(Path, "resolve", edited_by_a_human)

    with pytest.raises(ReconcilerError, match="was changed meanwhile"):
        set_mode([path], "auto")

    assert path.read_text() == "# mine\n"


def test_a_broken_file_is_told_and_not_edited(tmp_path: Path) -> None:
    path = written(tmp_path / "p.yaml", f"{HEAD}spec: {{mode: manual\n")

    with pytest.raises(ReconcilerError, match="the policy has a mistake"):
        set_mode([path], "auto")


@settings(max_examples=30)
@given(
    comments=st.lists(st.text(alphabet="a# 'é:\U0001f600", max_size=10), min_size=3, max_size=3),
    indent=st.integers(1, 6),
    quote=st.sampled_from(["", "'", '"']),
)
def test_comments_of_any_kind_stay(
    tmp_path_factory: pytest.TempPathFactory, comments: list[str], indent: int, quote: str
) -> None:
    space = " " * indent
    first, second, third = (f" # {comment}" for comment in comments)
    before = f"{HEAD}spec:{first}\n{space}mode: {quote}manual{quote}{second}\n{space}rules: []{third}\n"
    path = written(tmp_path_factory.mktemp("edit") / "p.yaml", before)

    set_mode([path], "auto")

    assert path.read_text() == before.replace(f"{quote}manual{quote}", f"{quote}auto{quote}", 1)
    assert load_text(path.read_text()).mode == "auto"

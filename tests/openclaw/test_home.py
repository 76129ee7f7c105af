from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.openclaw.home import find_home


@pytest.mark.parametrize(
    ("environ", "flags", "config", "state"),
    [
        ({}, {}, "~/.openclaw/openclaw.json", "~/.openclaw"),
        ({"OPENCLAW_CONFIG_PATH": "~/x.json5"}, {}, "~/x.json5", "~/.openclaw"),
        ({"OPENCLAW_STATE_DIR": "~/d"}, {}, "~/d/openclaw.json", "~/d"),
        ({"OPENCLAW_STATE_DIR": "~/d", "OPENCLAW_CONFIG_PATH": "~/x"}, {}, "~/x", "~/d"),
        ({"OPENCLAW_HOME": "~/h"}, {}, "~/h/.openclaw/openclaw.json", "~/h/.openclaw"),
        ({"OPENCLAW_HOME": "undefined"}, {}, "~/.openclaw/openclaw.json", "~/.openclaw"),
        ({"OPENCLAW_HOME": "~"}, {}, "~/.openclaw/openclaw.json", "~/.openclaw"),
        ({"OPENCLAW_PROFILE": "foo"}, {}, "~/.openclaw-foo/openclaw.json", "~/.openclaw-foo"),
        ({"OPENCLAW_PROFILE": "Default"}, {}, "~/.openclaw/openclaw.json", "~/.openclaw"),
        ({"OPENCLAW_PROFILE": "foo"}, {"profile": "bar"}, "~/.openclaw-bar/openclaw.json", "~/.openclaw-bar"),
        ({}, {"dev": True}, "~/.openclaw-dev/openclaw.json", "~/.openclaw-dev"),
        ({"OPENCLAW_STATE_DIR": "~/d"}, {"profile": "bar"}, "~/d/openclaw.json", "~/d"),
        (
            {"OPENCLAW_STATE_DIR": "  ", "OPENCLAW_CONFIG_PATH": ""},
            {},
            "~/.openclaw/openclaw.json",
            "~/.openclaw",
        ),
    ],
)
def test_openclaw_is_found_where_openclaw_itself_looks(
    tmp_path: Path, environ: dict[str, str], flags: dict[str, str], config: str, state: str
) -> None:
    home = find_home(environ, tmp_path, profile=flags.get("profile"), dev=bool(flags.get("dev")))

    assert Path(config.replace("~", str(tmp_path))) == home.config_path
    assert Path(state.replace("~", str(tmp_path))) == home.state_dir


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "x.json" == find_home({"OPENCLAW_CONFIG_PATH": "x.json"}, tmp_path).config_path


def test_the_first_name_of_the_project_still_counts_where_there_is_no_other(tmp_path: Path) -> None:
    old = tmp_path / ".clawdbot"
    old.mkdir()
    (old / "clawdbot.json").touch()

    assert old / "clawdbot.json" == find_home({}, tmp_path).config_path

    (tmp_path / ".openclaw").mkdir()
    assert tmp_path / ".openclaw" / "openclaw.json" == find_home({}, tmp_path).config_path


@pytest.mark.parametrize("name", ["../x", "a b", "-x", "x" * 65, "ü"])
def test_a_name_that_is_no_profile_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not the name of an OpenClaw profile"):
        find_home({}, tmp_path, profile=name)


def test_only_the_default_state_has_the_services_file(tmp_path: Path) -> None:
    assert find_home({}, tmp_path).is_default_state
    assert not find_home({"OPENCLAW_STATE_DIR": "/elsewhere"}, tmp_path).is_default_state

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.home import Household, set_up


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Household:
    return set_up(tmp_path, capsys, monkeypatch)

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.quota.host_usage import answers
from tests.real.home import OpenClaw
from tests.real.tool import Tactician


pytestmark = pytest.mark.real


def test_what_the_host_knows_of_quota_is_read_without_harm(openclaw: OpenClaw, tmp_path: Path) -> None:
    tactician = Tactician.set_up(openclaw, tmp_path / "work")
    before = openclaw.snapshot()
    told = openclaw.rpc("usage.status")

    found = answers(told, datetime.now(UTC))
    status, facts = tactician.run("status", "--json"), tactician.run("facts")

    assert isinstance(told["providers"], list)
    assert len(found) <= len(told["providers"])
    assert (0, 0) == (status.returncode, facts.returncode), status.stderr + facts.stderr
    assert {each["provider"] for each in json.loads(status.stdout)["accounts"]}
    assert "canary" not in status.stdout + facts.stdout + status.stderr + facts.stderr
    assert before == openclaw.snapshot()

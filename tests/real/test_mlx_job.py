"""A job of the real OpenClaw really runs on the real mlx-lm, because a plan put it there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.real.home import OpenClaw
from tests.real.mlx_server import install_mlx, make_model, serving
from tests.real.tool import Tactician


pytestmark = pytest.mark.real
MODEL = "acme/tiny-4bit"
REF = f"mlxbox/{MODEL}"
INBOX = "Inbox triage"


def test_a_planned_job_runs_on_the_local_server(openclaw: OpenClaw, tmp_path: Path) -> None:
    programs = install_mlx()
    made = make_model(programs, tmp_path / "models")
    home = tmp_path / "mlx"
    into_cache(made, home / "hub")
    tool = Tactician.set_up(openclaw, tmp_path / "work")
    allow(openclaw)
    with serving(programs, home, model=Path(MODEL)) as url:
        let_it_have_the_inbox(tool, url)
        plan = tool.plan()
        tool.apply()
        openclaw.wait_until(lambda: knows(openclaw), seconds=60, what="the gateway to reload its providers")
        run = openclaw.run_job(openclaw.job_named(INBOX)["id"])

    assert "add-local-provider" in {change["action"] for change in plan["changes"]}, plan["findings"]
    assert REF == f"{run['provider']}/{run['model']}"
    assert '"POST /v1/chat/completions HTTP/1.1" 200' in (home / "server.log").read_text()


def into_cache(model: Path, hub: Path) -> None:
    """Put a model where a download from the hub would have put it."""
    folder = hub / f"models--{MODEL.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("0" * 40)
    shutil.copytree(model, folder / "snapshots" / ("0" * 40))


def allow(host: OpenClaw) -> None:
    """Let the host's owner allow the model, which is not ours to do."""
    text = host.config_path.read_text()
    last = "'homelab/down-500': {},"
    before, after = ("allow: [", f'allow: ["{REF}", ') if host.modern else (last, f"{last} '{REF}': {{}},")
    assert 1 == text.count(before)
    host.config_path.write_text(text.replace(before, after))


def let_it_have_the_inbox(tool: Tactician, url: str) -> None:
    local = f"{{type: mlx, endpoint: '{url}/v1'}}"
    provider = f"  providers:\n    mlxbox: {{quotaSource: unlimited, tier: local, local: {local}}}\n"
    rule = f"  rules:\n    - {{name: inbox, match: {{job: {INBOX}}}, pin: {REF}}}\n"
    text = tool.policy.read_text()
    tool.policy.write_text(text.replace("  providers:\n", provider).replace("  rules:\n", rule))


def knows(host: OpenClaw) -> bool:
    """Tell whether the gateway took the new provider over; early versions list what the allow list names before."""
    return any(
        "reload applied" in line and "models.providers.mlxbox" in line
        for line in host.log.read_text().splitlines()
    )

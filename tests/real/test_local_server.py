from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.openclaw.json5 import parse, plain
from tests.real.home import OpenClaw
from tests.real.tool import Tactician
from tests.servers.replay import answer, replay


pytestmark = pytest.mark.real
MODEL = "qwen3-small"
REF = f"homebox/{MODEL}"
INBOX = "Inbox triage"
_LAST = "'homelab/down-500': {},"


@pytest.fixture
def tactician(openclaw: OpenClaw, tmp_path: Path) -> Iterator[Tactician]:
    """A policy that gives the inbox a model of a server that this OpenClaw allows and does not know."""
    tool = Tactician.set_up(openclaw, tmp_path / "work")
    text = openclaw.config_path.read_text()
    known = (
        ("allow: [", f'allow: ["{REF}", ') if openclaw.modern else (_LAST, f"{_LAST}\n        '{REF}': {{}},")
    )
    assert text.count(known[0]) == 1
    openclaw.config_path.write_text(text.replace(*known))
    models = {
        "object": "list",
        "data": [{"id": MODEL, "owned_by": "vllm", "root": MODEL, "max_model_len": 65536}],
    }
    routes = {
        ("GET", "/v1/models"): answer(models),
        ("GET", "/health"): answer(""),
        ("GET", "/v1/chat/completions"): answer({}, status=405),
    }
    with replay(routes) as served:
        policy = tool.policy.read_text()
        local = f"{{type: vllm, endpoint: '{served.url}/v1'}}"
        provider = f"  providers:\n    homebox: {{quotaSource: unlimited, tier: local, local: {local}}}\n"
        rule = f"  rules:\n    - {{name: inbox, match: {{job: {INBOX}}}, pin: {REF}}}\n"
        tool.policy.write_text(policy.replace("  providers:\n", provider).replace("  rules:\n", rule))
        yield tool


def test_a_detected_server_is_added_listed_and_taken_back(tactician: Tactician) -> None:
    host = tactician.host
    before = host.config_path.read_bytes()

    plan = tactician.plan()
    tactician.apply()

    assert "add-local-provider" in {change["action"] for change in plan["changes"]}
    config = plain(parse(host.config_path.read_text()))
    entry = config["models"]["providers"]["homebox"]  # type: ignore[index,call-overload]
    assert [MODEL] == [model["id"] for model in entry["models"]]
    assert REF == host.job_named(INBOX)["payload"]["model"]
    host.wait_until(lambda: REF in _listed(host), seconds=60, what="the gateway to list the new model")

    undone = tactician.run("rollback", "latest", "--yes")

    assert undone.returncode == 0, undone.stderr
    assert before == host.config_path.read_bytes()


def _listed(host: OpenClaw) -> set[str]:
    return {f"{model['provider']}/{model['id']}" for model in host.rpc("models.list")["models"]}

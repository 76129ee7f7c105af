from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.facts.model import LocalModel, LocalServer
from reconciler.servers.entry import provider_entry
from tests.real.home import OpenClaw


pytestmark = pytest.mark.real


@pytest.mark.parametrize("kind", ["ollama", "lmstudio", "mlx-lm", "vllm", "llama.cpp"])
def test_openclaw_accepts_the_entry_of_a_local_server(host: OpenClaw, tmp_path: Path, kind: str) -> None:
    models = (LocalModel(id="qwen3:8b", context=40_960), LocalModel(id="maker/name"))
    server = LocalServer(
        kind=kind, url="http://127.0.0.1:9", state="ready", evidence="a test", routable=True, models=models
    )
    entry = {"models": {"providers": {"local": provider_entry(server, models)}}}
    (tmp_path / "openclaw.json").write_text(json.dumps(entry))

    done = subprocess.run(
        [*host.release.command, "config", "validate", "--json"],
        env={
            **host.env,
            "OPENCLAW_STATE_DIR": str(tmp_path),
            "OPENCLAW_CONFIG_PATH": str(tmp_path / "openclaw.json"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert json.loads(done.stdout)["valid"], done.stdout

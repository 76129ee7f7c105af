"""Record the facts of a real OpenClaw that uses several providers; `python -m tests.real.record` writes them again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from reconciler.canonical import pretty
from reconciler.facts.model import Facts
from reconciler.facts.read import read_facts
from tests.real.home import OpenClaw
from tests.real.install import MODERN, install
from tests.real.provider import fake_provider
from tests.real.tool import Tactician


RECORDED = Path(__file__).parents[1] / "facts" / "recorded-host.json"
MODELS = {
    "anthropic": ["claude-opus-4-6", "claude-haiku-4-5"],
    "openai": ["gpt-5.4", "gpt-5.4-mini"],
    "google": ["gemini-3.6-flash"],
    "openrouter": ["deepseek/deepseek-v4-flash"],
    "ollama": ["qwen3:8b"],
}
_HOUR_MS = 3_600_000
_POLICY = """\
apiVersion: tactician/v1
kind: RoutingPolicy
spec:
  providers:
    anthropic: {quotaSource: manual, tier: premium}
"""
_JOBS = {
    "Inbox triage": (1, "Check the inbox and tell me the count of unread mail.", None),
    "Weather": (6, "Check the weather and tell me if it rains.", "anthropic/claude-haiku-4-5"),
    "Code review": (
        12,
        "Review yesterday's commits: fix the bug, refactor the function, run the test suite and commit the patch.",
        "anthropic/claude-opus-4-6",
    ),
    "Risk report": (24, "Analyze the risk, compare the strategies and recommend a plan.", "openai/gpt-5.4"),
    "Bedtime story": (24, "Write a bedtime story, then a poem.", "openai/gpt-5.4"),
}


class _Home(OpenClaw):
    """An OpenClaw with a main agent, a coder and a few jobs, all of them on subscriptions."""

    def build(self) -> None:
        self.state_dir.mkdir(parents=True, mode=0o700)
        self.config_path.write_text(json.dumps(self._config()))
        self.config_path.chmod(0o600)
        self.start()
        for name, (hours, prompt, model) in _JOBS.items():
            self.rpc("cron.add", _job(name, hours, prompt, model))

    def _config(self) -> dict[str, Any]:
        return {
            "meta": {"migrations": {"modelPolicyAllowlist": True, "utilityModelSeparation": True}},
            "gateway": {
                "mode": "local",
                "port": self.port,
                "bind": "loopback",
                "auth": {"mode": "token", "token": "${OPENCLAW_GATEWAY_TOKEN}"},
            },
            "models": {"mode": "merge", "providers": {name: self._entry(name) for name in MODELS}},
            "agents": {
                "ownership": "explicit",
                "defaults": {
                    "systemAgent": {"agentId": "main"},
                    "model": {"primary": "anthropic/claude-opus-4-6", "fallbacks": ["openai/gpt-5.4"]},
                    "heartbeat": {"every": "0m"},
                },
                "entries": {"main": {"name": "Main"}, "coder": {"name": "Coder"}},
            },
        }

    def _entry(self, name: str) -> dict[str, Any]:
        models = [
            {
                "id": model,
                "name": model,
                "input": ["text"],
                "contextWindow": 128000,
                "maxTokens": 8192,
            }
            for model in MODELS[name]
        ]
        base = self.provider.base_url(name)
        return {"baseUrl": base, "apiKey": f"canary-{name}", "api": "openai-completions", "models": models}


def _job(name: str, hours: int, prompt: str, model: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "agentId": "main",
        "schedule": {"kind": "every", "everyMs": hours * _HOUR_MS},
        "sessionTarget": "isolated",
        "wakeMode": "now",
        "payload": {"kind": "agentTurn", "message": prompt, **({"model": model} if model else {})},
        "delivery": {"mode": "none"},
    }


def record() -> Facts:
    """Start the host, run each job once, and gather the facts as a user would."""
    with tempfile.TemporaryDirectory() as folder, fake_provider() as provider:
        host = _Home(install(MODERN), Path(folder) / "home", provider)
        try:
            host.build()
            for name in _JOBS:
                host.run_job(host.job_named(name)["id"])
            tool = Tactician.set_up(host, Path(folder) / "work")
            tool.policy.write_text(_POLICY)
            done = tool.run("facts")
            assert done.returncode == 0, done.stderr
        finally:
            host.stop()
        text = done.stdout.replace(f':{provider.port}"', ':8000"')
    assert "canary" not in text
    return _anywhere(read_facts(text, name="facts"))


def _anywhere(facts: Facts) -> Facts:
    """Leave out what tells of the machine: its name, its servers and its troubles."""
    host = facts.host.model_copy(update={"id": "host-recorded", "label": "a recorded host"})
    return facts.model_copy(update={"host": host, "servers": (), "readings": (), "problems": ()})


if __name__ == "__main__":
    RECORDED.write_text(pretty(record().dump()), encoding="utf-8")

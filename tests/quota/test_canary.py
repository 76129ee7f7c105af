"""No secret of a credential and no unknown field of an answer comes out again, whatever happens."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.quota.credential import Credential
from reconciler.quota.credentials import credentials, survey
from reconciler.quota.fetch import Roads, read_account
from reconciler.quota.look import KEY_FILE
from reconciler.quota.provider import Login
from reconciler.quota.registry import providers
from reconciler.quota.world import World
from reconciler.secret import Secret
from tests.cases.provider_usage.case import Case, Exchange, cases
from tests.cases.provider_usage.readers import call_of
from tests.cases.provider_usage.server import replaying
from tests.quota.asking import TLS


RECORDED = Path(__file__).parents[1] / "fixtures" / "provider-usage"
CASES = [case for case in cases(RECORDED) if "extract" not in case.expected]
CANARY = "sk-CANARY-0123456789abcdefghij"


def planted(value: Any) -> Any:
    """Put canaries under keys that nobody knows, into every object and every list."""
    if isinstance(value, dict):
        return {
            **{key: planted(each) for key, each in value.items()},
            "unknown_field": CANARY,
            CANARY: {"a": CANARY},
        }
    if isinstance(value, list):
        return [*map(planted, value), CANARY, {"unknown_field": CANARY}]
    return value


def poisoned(exchange: Exchange) -> Exchange:
    answer = (
        exchange.answer + f"<!-- {CANARY} -->"
        if isinstance(exchange.answer, str)
        else planted(exchange.answer)
    )
    headers = {**exchange.answer_headers, "x-unknown": CANARY, "set-cookie": f"sessionKey={CANARY}"}
    loose = {
        name: value
        for name, value in exchange.headers.items()
        if name not in {"authorization", "cookie", "x-api-key"}
    }
    return replace(exchange, answer=answer, answer_headers=headers, headers=loose, body=None)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_canaries_in_credentials_and_answers_stay_where_they_are(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    call = call_of(case)
    assert call
    secrets = {name: Secret(f"{name}={CANARY}") for name in (*call.ask.credential.secrets, "refresh")}
    question = replace(call.ask, credential=replace(call.ask.credential, secrets=secrets))
    caplog.set_level(logging.DEBUG)

    with replaying([poisoned(each) for each in case.exchanges]) as server:
        roads = Roads(origins=server.origins(call.provider.hosts), retry_pause_s=0)
        answer = asyncio.run(read_account(call.provider, question, tls=TLS, roads=roads))

    assert "CANARY" not in repr(answer) + answer.model_dump_json() + repr(question)
    assert "canary" not in (repr(answer) + caplog.text).lower()


def test_every_source_finds_its_credential_and_shows_none_of_it(tmp_path: Path) -> None:
    sample = RECORDED / "credentials"
    for tool, target in {
        "claude/credentials.json": ".claude/.credentials.json",
        "codex/auth.json": ".codex/auth.json",
        "copilot/hosts.yml": ".config/gh/hosts.yml",
        "copilot/apps.json": ".config/github-copilot/apps.json",
        "gemini/oauth_creds.json": ".gemini/oauth_creds.json",
        "kimi/kimi-code.json": ".kimi-code/credentials/kimi-code.json",
    }.items():
        path = tmp_path / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((sample / tool).read_text().replace("EXAMPLE", CANARY))
    names = "CLAUDE_CODE_OAUTH_TOKEN CLAUDE_SESSION_KEY CLAUDE_COOKIES KIMI_AUTH_TOKEN KIMI_CODE_API_KEY Z_AI_API_KEY"
    names += (
        " OPENROUTER_API_KEY GITHUB_TOKEN MINIMAX_API_KEY DEEPSEEK_API_KEY OPENAI_ADMIN_KEY SYNTHETIC_API_KEY"
    )
    names += " ANTHROPIC_ADMIN_KEY XAI_MANAGEMENT_API_KEY"
    environ = {name: f"sessionKey={CANARY}" if "COOKIE" in name else CANARY for name in names.split()}
    world = World(
        environ={**environ, "XAI_TEAM_ID": "team-1"},
        home=tmp_path,
        openclaw_keys={"openrouter": Secret(CANARY)},
        run=lambda _command, _environ: f"gho_{CANARY}\n",
    )

    for provider in providers().values():
        found = list(credentials(provider, world, Login()))
        looked = survey(provider, world, Login())

        assert any(isinstance(each, Credential) for each in found), provider.name
        assert looked.missing is None
        assert len(looked.looks) == sum(each.where != KEY_FILE for each in provider.sources)
        assert "CANARY" not in repr(found) + repr(looked) + repr(world) + json.dumps(
            [repr(each) for each in found]
        )

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.quota.fetch import Roads, Target, fetch_all
from reconciler.quota.registry import providers
from reconciler.quota.shape import Answer
from reconciler.quota.world import World
from tests.cases.provider_usage.case import Exchange
from tests.cases.provider_usage.server import Replay, replaying
from tests.quota.asking import NOW


PROVIDER = providers()["gemini"]
CLIENT = {"GEMINI_OAUTH_CLIENT_ID": "client", "GEMINI_OAUTH_CLIENT_SECRET": "client-secret"}
BUCKETS = {
    "buckets": [{"modelId": "gemini-2.5-pro", "remainingFraction": 0.75, "resetTime": "2026-09-21T07:00:00Z"}]
}
LOADED = {"currentTier": {"id": "standard-tier"}, "cloudaicompanionProject": "acme"}
LATER_MS, EARLIER_MS = 1789999999000, 1789800000000


def exchange(method: str, token: str, status: int, answer: Any) -> Exchange:
    url = f"https://cloudcode-pa.googleapis.com/v1internal:{method}"
    return Exchange("POST", url, {}, {"authorization": f"Bearer {token}"}, None, status, {}, answer)


RENEWAL = Exchange(
    "POST",
    "https://oauth2.googleapis.com/token",
    {},
    {},
    "client_id=client&client_secret=client-secret&refresh_token=1%2F%2Fr&grant_type=refresh_token",
    200,
    {},
    {"access_token": "new", "expires_in": 3599},
)


def signed_in(home: Path, expiry_ms: int) -> Path:
    path = home / ".gemini" / "oauth_creds.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"access_token": "old", "refresh_token": "1//r", "expiry_date": expiry_ms}))
    return path


def fetched(home: Path, server: Replay, environ: dict[str, str], previous: Answer | None = None) -> Answer:
    target = Target(PROVIDER, "google", World(environ=environ, home=home), previous=previous)
    roads = Roads(origins=server.origins(PROVIDER.hosts), retry_pause_s=0)
    (answer,) = fetch_all([target], now=NOW, deadline_s=5, roads=roads)
    return answer


def test_an_old_token_is_renewed_in_memory_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = signed_in(tmp_path, EARLIER_MS)
    before = path.read_bytes()
    asked = [
        RENEWAL,
        exchange("loadCodeAssist", "new", 200, LOADED),
        exchange("retrieveUserQuota", "new", 200, BUCKETS),
    ]

    with replaying(asked) as server:
        answer = fetched(tmp_path, server, CLIENT)

        assert [] == server.wrong
    assert ["pro"] == [each.id for each in answer.windows]
    assert before == path.read_bytes()


def test_a_token_that_is_refused_before_its_time_is_renewed_once(tmp_path: Path) -> None:
    signed_in(tmp_path, LATER_MS)
    refused = {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
    asked = [
        RENEWAL,
        exchange("loadCodeAssist", "old", 401, refused),
        exchange("loadCodeAssist", "new", 401, refused),
    ]

    with replaying(asked) as server:
        answer = fetched(tmp_path, server, CLIENT)

    assert answer.error
    assert "auth_expired" == answer.error.kind


def test_without_the_cli_nothing_is_renewed_and_the_fix_is_named(tmp_path: Path) -> None:
    signed_in(tmp_path, EARLIER_MS)

    with replaying([]) as server:
        answer = fetched(tmp_path, server, {"GEMINI_OAUTH2_JS_PATH": "~/nowhere.js"})

        assert [] == server.wrong
    assert answer.error
    assert "Sign-in expired: run `gemini` once to renew it" == answer.error.message


def test_tier_and_project_are_asked_once_an_hour(tmp_path: Path) -> None:
    signed_in(tmp_path, LATER_MS)
    quota = exchange("retrieveUserQuota", "old", 200, BUCKETS)
    with replaying([exchange("loadCodeAssist", "old", 200, LOADED), quota]) as server:
        first = fetched(tmp_path, server, CLIENT)

    with replaying([quota]) as server:
        second = fetched(tmp_path, server, CLIENT, previous=first)

        assert [] == server.wrong
    assert ("Standard", "ok") == (second.plan, second.status)

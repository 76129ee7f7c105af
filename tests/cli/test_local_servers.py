from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reconciler.openclaw.json5 import parse, plain
from tests.cli.home import INBOX, Household
from tests.servers.replay import Served, replay, routes


NEW = "lmstudio/qwen/qwen3-4b-2507"
POLICY = """
apiVersion: tactician/v1
kind: RoutingPolicy
spec:
  providers:
    anthropic: {{quotaSource: api, tier: premium}}
    lmstudio: {{quotaSource: unlimited, tier: local, local: {{type: lmstudio, endpoint: "{url}/v1"}}}}
  models:
    {new}: {{scores: {{simple: 0.5}}}}
  safety: {{maxChangedShare: 1}}
"""


@pytest.fixture
def served(home: Household) -> Iterator[Served]:
    """A household whose policy names an LM Studio that its OpenClaw does not know yet."""
    home.replace(home.config, "'nosuch/model': {},", f"'{NEW}': {{}},")
    table = routes("lm-studio.read")
    body = table["GET", "/api/v1/models"]["body"].replace('"context_length":8192', '"context_length":65536')
    table["GET", "/api/v1/models"] = {**table["GET", "/api/v1/models"], "body": body}
    with replay(table) as served:
        home.policy.write_text(POLICY.format(url=served.url, new=NEW))
        yield served


def test_a_detected_model_is_added_used_and_taken_back(home: Household, served: Served) -> None:
    before = home.config.read_bytes()

    done = home.apply()

    entry = plain(parse(home.config.read_text()))["models"]["providers"]["lmstudio"]  # type: ignore[index,call-overload]
    assert "provider/lmstudio" in done.out
    assert NEW == home.job(INBOX)["payload"]["model"]
    assert (f"{served.url}/v1", 65536) == (entry["baseUrl"], entry["models"][0]["contextWindow"])

    undone = home.run("rollback", "latest", "--yes")

    assert (0, before) == (undone.code, home.config.read_bytes())
    assert "model" not in home.job(INBOX)["payload"]


def test_a_second_plan_finds_nothing_to_add(home: Household, served: Served) -> None:
    home.apply()

    done = home.run("plan", "--json")

    assert served.asked
    assert [] == json.loads(done.out).get("changes", [])


def test_recorded_facts_hold_the_servers_of_the_policy(home: Household, served: Served) -> None:
    done = home.run("facts")

    found = [server for server in json.loads(done.out)["servers"] if server.get("providers") == ["lmstudio"]]
    assert [("lmstudio", served.url, "ready")] == [(s["kind"], s["url"], s["state"]) for s in found]


def test_doctor_looks_at_the_servers_of_the_policy(home: Household, served: Served) -> None:
    told = home.run("doctor").out
    home.policy.write_text(POLICY.format(url="http://127.0.0.1:9", new=NEW))

    assert f"ok    local      lmstudio: lmstudio at {served.url} is ready, 2 models" in told
    assert "warn  local      lmstudio: unknown at http://127.0.0.1:9 is down" in home.run("doctor").out


def test_an_endpoint_that_nothing_answers_is_told(home: Household) -> None:
    home.policy.write_text(POLICY.format(url="http://127.0.0.1:9", new=NEW))

    done = home.run("plan")

    assert "provider/lmstudio: the server at http://127.0.0.1:9 does not answer" in " ".join(done.out.split())

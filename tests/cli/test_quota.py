"""The commands about quota, as their user meets them; the providers are servers of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from reconciler.cli import quota
from tests.cli.home import CHECKOUT, Household
from tests.quota.asking import roads
from tests.quota.loopback import saying, talking
from tests.usage.homes import answer, session_file, write


CANARY = "sk-or-canary-0123456789abcdef"
BODY = {
    "data": {
        "label": f"key {CANARY}",
        "limit": 10,
        "limit_remaining": 1.5,
        "usage": 8.5,
        "limit_reset": "monthly",
        "usage_monthly": 8.5,
        "unknown": {"deep": [CANARY]},
    }
}
POLICY = """
apiVersion: tactician/v1
kind: RoutingPolicy
spec:
  safety: {maxChangedShare: 1}
  providers:
    anthropic: {quotaSource: api, tier: premium, priority: 100}
    openai: {quotaSource: api, tier: standard}
    openrouter: {quotaSource: api, tier: budget, quotaType: budget, budget: {monthlyLimit: 10}}
    kimi: {quotaSource: manual, resetSchedule: {type: monthly}}
    zai: {quotaSource: self-tracked, quotaType: messages, limit: 600, resetSchedule: {type: weekly, dayOfWeek: 1}}
    ollama: {quotaSource: unlimited, tier: local}
  rules:
    - name: no more money this month
      match: {agent: family}
      when: {provider: openrouter, usedAbove: 0.8}
      pin: anthropic/claude-haiku-4-5
"""


@pytest.fixture
def asked(home: Household, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Serve `openrouter.ai`, for which there is a key; nobody is signed in anywhere else."""
    home.policy.write_text(POLICY)
    monkeypatch.setenv("OPENROUTER_API_KEY", CANARY)
    talk = saying("200 OK", json.dumps(BODY).encode(), "content-type: application/json")
    with talking(talk) as server:
        way = roads(server.server_address[1], "openrouter.ai")
        monkeypatch.setattr(quota, "roads", lambda: way)
        yield server.asked


@pytest.mark.usefixtures("asked")
def test_status_shows_what_is_known_and_calls_the_rest_unknown(home: Household) -> None:
    done = home.run("status")

    assert 0 == done.code
    assert "openrouter  (budget)" in done.out
    assert "85 % spent (8.50 USD of 10)" in done.out
    assert "! no sign-in found: sign in with `claude`" in done.out
    assert "monthly limit     unknown, resets in" in done.out
    assert "ollama  (local)" in done.out
    assert "%" not in done.out.split("openrouter")[0]
    assert 80 >= max(len(line) for line in done.out.splitlines())
    assert "" == done.err


@pytest.mark.usefixtures("asked")
def test_status_as_json_fits_its_schema(home: Household) -> None:
    done = home.run("status", "--json")

    document = json.loads(done.out)
    schema = json.loads((CHECKOUT / "schemas" / "status.schema.json").read_text())
    Draft7Validator(schema).validate(document)
    assert ["anthropic", "openai", "openrouter", "kimi", "zai", "ollama"] == [
        each["provider"] for each in document["accounts"]
    ]


def test_no_fetch_asks_nobody(home: Household, asked: list[bytes]) -> None:
    done = home.run("status", "openrouter", "--no-fetch")

    assert [] == asked
    assert "unknown" in done.out


def test_fetch_asks_one_provider_and_not_again_at_once(home: Household, asked: list[bytes]) -> None:
    first, before = home.run("fetch", "openrouter"), len(asked)
    again = home.run("fetch", "openrouter")

    assert (0, 0, before) == (first.code, again.code, len(asked))
    assert "85 % spent" in first.out
    assert first.out.splitlines()[1:] == again.out.splitlines()[1:]
    assert "openrouter was not asked: it may be asked again from" in again.err
    assert "anthropic" not in first.out


@pytest.mark.usefixtures("asked")
def test_fetch_all_says_by_its_exit_code_that_an_account_could_not_be_read(home: Household) -> None:
    done = home.run("fetch", "--all")

    assert 1 == done.code
    assert "85 % spent" in done.out
    assert "kimi" not in done.out


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("fetch", "name one provider, or say --all"),
        ("fetch openrouter --all", "name one provider, or say --all"),
        ("fetch kimi", "kimi is not read from the provider: its quotaSource is manual"),
        ("status nobody", "the policy has no provider 'nobody'"),
        ("credentials nobody", "the policy has no provider 'nobody'"),
        ("set-usage nobody 5%", "the policy has no provider 'nobody'"),
        ("set-usage kimi 5% --account work", "kimi has no account 'work'"),
        ("set-usage kimi much", "'much' is no amount"),
        ("set-usage kimi $5%", "'$5%' is no amount"),
        ("set-usage zai $5", "the quota of zai is counted in messages, not in dollars"),
        ("reset nobody", "the policy has no provider 'nobody'"),
    ],
)
@pytest.mark.usefixtures("asked")
def test_what_makes_no_sense_is_a_usage_error(home: Household, command: str, said: str) -> None:
    done = home.run(*command.split())

    assert (64, "") == (done.code, done.out)
    assert done.err.startswith(f"error: {said}")


@pytest.mark.usefixtures("asked")
def test_credentials_tells_where_it_looked_and_what_to_do_but_no_secret(home: Household) -> None:
    done, plain = home.run("credentials"), home.run("credentials", "openrouter", "--json")

    assert "anthropic (claude)\n  1. CLAUDE_CODE_OAUTH_TOKEN: nothing\n" in done.out
    assert "→ sign in with `claude`" in done.out
    assert "3. OPENROUTER_API_KEY: found" in done.out
    (row,) = json.loads(plain.out)["credentials"]
    assert [False, False, True] == [look["found"] for look in row["looks"]]
    assert 80 >= max(len(line) for line in done.out.splitlines())


def test_doctor_tells_which_providers_have_no_sign_in_and_asks_nobody(
    home: Household, asked: list[bytes]
) -> None:
    home.policy.write_text(POLICY.replace("    ollama:", "    acme: {quotaSource: api}\n    ollama:"))
    said = " ".join(home.run("doctor").out.split())

    assert "ok sign-ins openrouter" in said
    assert "warn sign-ins anthropic has none, so its quota is unknown → sign in with `claude`" in said
    assert "tactician credentials anthropic" in said
    assert "warn sign-ins acme: there is no reader for this provider" in said
    assert "sign-ins kimi" not in said
    assert [] == asked


@pytest.mark.usefixtures("asked")
def test_providers_lists_the_best_first_and_what_works(home: Household) -> None:
    home.run("fetch", "openrouter")

    done = home.run("providers")

    lines = done.out.splitlines()
    assert lines[0].split() == ["ACCOUNT", "TIER", "PRIORITY", "SOURCE", "WORKS"]
    assert lines[1].startswith("anthropic")
    assert any(line.startswith("openrouter") and "yes, " in line for line in lines)
    assert 80 >= max(map(len, lines))


@pytest.mark.usefixtures("asked")
def test_the_owners_word_counts_until_he_resets_it(home: Household) -> None:
    unknown = home.run("status", "kimi").out
    said = home.run("set-usage", "kimi", "79%")
    known = home.run("status", "kimi").out
    home.run("reset", "kimi")
    anew = home.run("status", "kimi").out

    assert (0, "kimi: noted that 79% is used") == (said.code, said.out.split(";")[0])
    assert "unknown, resets in" in unknown
    assert "79 % used, resets in" in known
    assert "0 % used" in anew


@pytest.mark.usefixtures("asked")
def test_an_amount_is_held_against_the_policys_limit(home: Household) -> None:
    home.run("set-usage", "zai", "120")

    assert "20 % used (120 of 600 messages)" in home.run("status", "zai").out


@pytest.mark.usefixtures("asked")
def test_two_words_of_the_owner_teach_the_limit_of_what_the_host_counts(home: Household) -> None:
    home.policy.write_text(POLICY.replace("messages, limit: 600,", "requests,"))
    home.run("reset", "zai")
    answered(home, "one", 12)
    home.run("set-usage", "zai", "20%")
    first = home.run("status", "zai").out
    answered(home, "two", 12)
    home.run("set-usage", "zai", "40%")
    answered(home, "three", 6)
    second = home.run("status", "zai").out

    assert "20 % used (12 of 60 requests)" in first
    assert "the limit of about 60 is learnt from 1 reading of yours" in first
    assert "50 % used (30 of 60 requests)" in second
    assert "the limit of about 60 is learnt from 2 readings of yours" in second


def answered(home: Household, session: str, count: int) -> None:
    """Let the host ask Z.ai so many times, just now."""
    at = datetime.now(UTC)
    lines = []
    for number in range(count):
        line = json.loads(answer(number, provider="zai", model="glm-5", timestamp=int(at.timestamp() * 1000)))
        line |= {"id": f"{session}-{number}", "timestamp": at.isoformat()}
        lines.append(json.dumps(line).encode())
    write(session_file(home.openclaw, f"{session}.jsonl"), *lines)


@pytest.mark.usefixtures("asked")
def test_a_rule_that_waits_for_a_quota_decides_by_the_live_reading(home: Household) -> None:
    plan = json.loads(home.run("plan", "--json").out)

    change = next(each for each in plan["changes"] if each["address"] == "agent/family")
    assert "anthropic/claude-haiku-4-5" == change["after"]["primary"]
    assert change["because"]["rule"].startswith("no more money this month")
    assert any("quota of anthropic is unknown" in each["text"] for each in plan["findings"])


@pytest.mark.usefixtures("asked")
def test_no_secret_comes_out_anywhere(home: Household, tmp_path: Path) -> None:
    told = [
        home.run(*command.split())
        for command in (
            "status",
            "status --json",
            "fetch --all",
            "providers",
            "credentials",
            "credentials --json",
            "facts --out facts.json",
            "plan --out plan.json --verbose",
        )
    ]

    assert all("canary" not in done.out + done.err for done in told)
    written = [path for path in home.root.rglob("*") if path.is_file() and "openclaw/" not in str(path)]
    assert home.state / "ledger.sqlite" in written
    assert all(b"canary" not in path.read_bytes() for path in written)
    assert tmp_path.exists()


@pytest.mark.usefixtures("asked")
def test_the_hosts_usage_is_read_once_for_a_plan(home: Household) -> None:
    transcripts = home.openclaw / "agents" / "main" / "agent" / "openclaw-agent.sqlite"
    transcripts.parent.mkdir(parents=True)
    transcripts.write_bytes(b"no database" * 1000)

    done = home.run("plan", "--no-fetch")

    assert 1 == done.err.count("warning: usage: ")

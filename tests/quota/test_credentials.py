from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from reconciler.quota.credential import Credential, Unusable
from reconciler.quota.credentials import credentials, survey
from reconciler.quota.provider import Login
from reconciler.quota.registry import providers, serving
from reconciler.quota.world import World


SAMPLES = Path(__file__).parents[1] / "fixtures" / "provider-usage" / "credentials"


def nothing(_command: Sequence[str], _environ: Mapping[str, str]) -> None:
    return None


def put(home: Path, sample: str, target: str) -> None:
    path = home / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((SAMPLES / sample).read_bytes())


def found(name: str, world: World, login: Login | None = None) -> list[Credential | Unusable]:
    return list(credentials(providers()[name], world, login or Login()))


def usable(name: str, world: World, login: Login | None = None) -> Credential:
    looked = credentials(providers()[name], world, login or Login())
    return next(each for each in looked if isinstance(each, Credential))


def test_claude_code_tells_plan_and_expiry(tmp_path: Path) -> None:
    put(tmp_path, "claude/credentials.json", ".claude/.credentials.json")

    credential = usable("claude", World(environ={}, home=tmp_path))

    assert {"subscription": "max", "tier": "default_claude_max_20x"} == credential.facts
    assert credential.expires_at
    assert "2026-09-20T18:00:00+00:00" == credential.expires_at.isoformat()
    assert "~/.claude/.credentials.json" == credential.where


@pytest.mark.parametrize("sample", ["credentials-mcp-only", "credentials-setup-token"])
def test_a_file_that_cannot_read_usage_says_why(tmp_path: Path, sample: str) -> None:
    put(tmp_path, f"claude/{sample}.json", ".claude/.credentials.json")

    (refused,) = found("claude", World(environ={}, home=tmp_path))

    assert isinstance(refused, Unusable)
    assert "sign in" in refused.why


def test_a_session_key_is_made_a_cookie_with_what_cloudflare_wants(tmp_path: Path) -> None:
    environ = {
        "CLAUDE_SESSION_KEY": "sk-x",
        "CLAUDE_COOKIES": "a=b; cf_clearance=c; lastActiveOrg=0f0e-1; sessionKey=old",
    }

    credential = usable("claude", World(environ=environ, home=tmp_path))

    assert "sessionKey=sk-x; cf_clearance=c" == credential.secret("cookie")
    assert {"org_id": "0f0e-1"} == credential.facts


@pytest.mark.parametrize(("sample", "number"), [("auth", 1), ("auth-no-account-id", 2)])
def test_codex_names_its_account_in_the_file_or_in_the_token(
    tmp_path: Path, sample: str, number: int
) -> None:
    put(tmp_path, f"codex/{sample}.json", "elsewhere/auth.json")

    credential = usable("codex", World(environ={"CODEX_HOME": str(tmp_path / "elsewhere")}, home=tmp_path))

    assert f"acc-00000000-0000-4000-8000-00000000000{number}" == credential.facts["account_id"]
    assert credential.facts["label"].endswith("@example.com")


def test_an_api_key_of_codex_has_no_quota(tmp_path: Path) -> None:
    put(tmp_path, "codex/auth-api-key-only.json", ".codex/auth.json")

    looked = survey(providers()["codex"], World(environ={}, home=tmp_path), Login())

    assert "run `codex login`" == looked.missing
    assert "API key" in (looked.looks[0].note or "")


def test_copilot_takes_the_variable_then_gh_then_the_file(tmp_path: Path) -> None:
    put(tmp_path, "copilot/hosts.yml", ".config/gh/hosts.yml")
    seen: list[Mapping[str, str]] = []

    def gh(_command: Sequence[str], environ: Mapping[str, str]) -> str:
        seen.append(environ)
        return "gho_of_gh\n"

    both = World(environ={"GITHUB_TOKEN": "gho_of_variable", "PATH": "/bin"}, home=tmp_path, run=gh)
    wrong = World(environ={"GITHUB_TOKEN": "github_pat_x", "PATH": "/bin"}, home=tmp_path, run=gh)
    alone = World(environ={}, home=tmp_path, run=nothing)

    assert "gho_of_variable" == usable("copilot", both).secret()
    assert [] == seen
    assert "gho_of_gh" == usable("copilot", wrong).secret()
    assert [{"PATH": "/bin"}] == seen
    assert "gho_EXAMPLE" == usable("copilot", alone).secret()
    assert "gho_EXAMPLE2" == usable("copilot", alone, Login(name="octo-work")).secret()


def test_a_keyring_leaves_no_token_of_another_host(tmp_path: Path) -> None:
    put(tmp_path, "copilot/hosts-keyring.yml", ".config/gh/hosts.yml")

    assert [] == found("copilot", World(environ={}, home=tmp_path, run=nothing))


def test_several_google_accounts_have_their_own_files(tmp_path: Path) -> None:
    put(tmp_path, "gemini/oauth_creds.json", ".gemini/oauth_creds.json")
    tmp_path.joinpath("work.json").write_text('{"access_token": "ya29.work"}')
    world = World(environ={}, home=tmp_path)

    assert "ya29.EXAMPLE" == usable("gemini", world).secret()
    assert "ya29.work" == usable("gemini", world, Login(name="work", path="~/work.json")).secret()
    assert [] == found("gemini", world, Login(name="gone", path="~/gone.json"))


def test_gemini_with_an_api_key_has_no_quota(tmp_path: Path) -> None:
    put(tmp_path, "gemini/settings-api-key.json", ".gemini/settings.json")
    put(tmp_path, "gemini/oauth_creds.json", ".gemini/oauth_creds.json")

    (refused,) = found("gemini", World(environ={}, home=tmp_path))

    assert isinstance(refused, Unusable)


def test_the_oauth_client_of_an_installed_gemini_is_found(tmp_path: Path) -> None:
    put(tmp_path, "gemini/oauth_creds.json", ".gemini/oauth_creds.json")
    tmp_path.joinpath("oauth2.js").write_text(
        "const OAUTH_CLIENT_ID = 'client-id-1';\nconst OAUTH_CLIENT_SECRET = 'client-secret';\n"
    )

    credential = usable("gemini", World(environ={"GEMINI_OAUTH2_JS_PATH": "~/oauth2.js"}, home=tmp_path))

    assert "client-id-1" == credential.secret("client_id")
    assert credential.renewable


def test_a_zai_key_belongs_to_one_of_two_sites(tmp_path: Path) -> None:
    for environ, region in (
        ({"Z_AI_API_KEY": "k"}, "global"),
        ({"Z_AI_API_KEY": "k", "Z_AI_REGION": "china"}, "china"),
        ({"BIGMODEL_API_KEY": "k"}, "china"),
        (
            {"ANTHROPIC_AUTH_TOKEN": "k", "ANTHROPIC_BASE_URL": "https://open.bigmodel.cn/api/anthropic"},
            "china",
        ),
    ):
        assert region == usable("zai", World(environ=environ, home=tmp_path)).facts["region"]
    assert [] == found("zai", World(environ={"ANTHROPIC_AUTH_TOKEN": "k"}, home=tmp_path))


def test_kimi_tells_a_web_token_from_a_key(tmp_path: Path) -> None:
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSIsImV4cCI6MTc5MjQ5MDQwMH0.c2ln"

    web = usable("kimi", World(environ={"KIMI_AUTH_TOKEN": f"theme=dark; kimi-auth={token}"}, home=tmp_path))
    key = usable("kimi", World(environ={"KIMI_AUTH_TOKEN": "sk-kimi-1"}, home=tmp_path))

    assert ("web", token) == (web.kind, web.secret())
    assert "2026-10-20" == str(web.expires_at)[:10]
    assert ("api", "sk-kimi-1") == (key.kind, key.secret())


def test_openclaws_own_provider_ids_find_their_readers() -> None:
    for openclaw_id, name in {
        "anthropic": "claude",
        "openai-codex": "codex",
        "github-copilot": "copilot",
        "google": "gemini",
        "openrouter": "openrouter",
        "zai": "zai",
    }.items():
        assert [name] == [each.name for each in serving(openclaw_id)]
    assert () == serving("acme")

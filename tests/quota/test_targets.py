from __future__ import annotations

from pathlib import Path

from reconciler.quota.targets import targets
from reconciler.quota.world import World
from tests.worlds import policy


PROVIDERS = """
providers:
  anthropic: {quotaSource: self-tracked}
  openai-codex: {quotaSource: api}
  acme: {quotaSource: api}
  google:
    quotaSource: api
    accounts:
      - {name: personal, credentialsPath: ~/.gemini/oauth_creds.json}
      - {name: work, credentialsPath: ~/.gemini/accounts/work.json}
"""


def test_only_what_the_policy_has_asked_for_is_read_account_by_account(tmp_path: Path) -> None:
    found = targets(policy(providers=PROVIDERS).providers, World(environ={}, home=tmp_path))

    assert [("codex", "default"), ("gemini", "personal"), ("gemini", "work")] == [
        (each.provider.name, each.account) for each in found.targets
    ]
    assert ("acme",) == found.unserved

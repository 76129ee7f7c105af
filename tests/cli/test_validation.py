from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.canonical import pretty
from reconciler.cli.main import main
from reconciler.errors import Exit
from tests.worlds import config, facts, job


POLICY = """\
apiVersion: tactician/v1
kind: RoutingPolicy
spec: {providers: {ollama: {quotaSource: unlimited, tier: local}}}
---
apiVersion: tactician/v1
kind: PolicyTest
metadata: {name: what matters}
spec:
  facts: recorded/facts.json
  expect:
    job/Digest: EXPECTED
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policies" / "recorded").mkdir(parents=True)
    (tmp_path / "policies" / "recorded" / "facts.json").write_text(
        pretty(facts(job(), config=config()).dump())
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path / "policies"


def validated(folder: Path, expected: str) -> int:
    (folder / "home.yaml").write_text(POLICY.replace("EXPECTED", expected))
    return main(["validate"])


def test_a_policy_whose_test_passes_is_valid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Exit.OK == validated(folder, "unchanged")

    told = capsys.readouterr()
    assert "valid: policies/home.yaml\ntest what matters: passed\n" == told.out
    assert "" == told.err


def test_a_test_that_fails_fails_the_command_and_names_the_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Exit.ERROR == validated(folder, "blocked")

    told = capsys.readouterr()
    assert told.out.endswith("test what matters: failed\n")
    assert told.err.startswith(
        "policies/home.yaml:11:5: error: spec.expect.job/Digest: expected blocked, found "
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot read policies/recorded/facts.json: there is no such file"),
        ("{}", "facts.json holds no facts"),
    ],
)
def test_facts_that_cannot_be_read_are_told_at_the_test(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str | None, problem: str
) -> None:
    recorded = folder / "recorded" / "facts.json"
    recorded.unlink() if content is None else recorded.write_text(content)

    assert Exit.ERROR == validated(folder, "unchanged")

    told = capsys.readouterr().err
    assert told.startswith("policies/home.yaml:9:3: error: spec.facts: ")
    assert problem in told
    assert "record them: tactician facts --out policies/recorded/facts.json" in told


def test_no_test_is_run_on_a_policy_with_mistakes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Exit.ERROR == validated(folder, "unchanged\n    job/Other: sometimes")

    assert "" == capsys.readouterr().out

from __future__ import annotations

import json

import pytest

from reconciler.cli.main import main


def test_a_model_is_shown_with_the_source_of_each_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["models", "show", "github-copilot/claude-haiku-4.5", "--json"])

    shown = json.loads(capsys.readouterr().out)
    assert "quota" == shown["paidBy"]
    number = shown["levels"]["off"]["coding"]
    assert not number["estimated"]
    assert "2026-01-08" == number["date"]
    assert "Apache-2.0" == number["licence"]


def test_an_unknown_model_is_told_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == main(["models", "show", "openai/gpt-9"])

    assert "nothing is known of the model openai/gpt-9" in capsys.readouterr().err


def test_every_model_is_listed_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["models", "list"])

    lines = capsys.readouterr().out.splitlines()
    assert 1 == sum(line.startswith("anthropic/claude-opus-4-6 ") for line in lines)

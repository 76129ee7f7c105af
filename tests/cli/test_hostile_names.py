"""Names and models of the host that try to move the cursor, to become markup or to look like our own words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.home import INBOX, Household


HOSTILE = {
    "control characters": "red \x1b[31m\x07\x00 alert",
    "markup": "<script>alert(1)</script> | [link](javascript:alert(1)) **bold** `code`",
    "newlines": "one\nerror: two\r\n  → three",
    "right-to-left marks": "invoice \u202egpj.exe\u2066",
    "half a surrogate pair": "half \ud83d",
    "a million letters": "a" * 1_000_000,
}


def renamed(home: Household, name: str) -> None:
    document = json.loads(home.jobs.read_text())
    next(job for job in document["jobs"] if job["id"] == INBOX)["name"] = name
    text = json.dumps(document, indent=2, ensure_ascii=False)
    home.jobs.write_bytes(text.encode(errors="backslashreplace"))  # as the gateway writes it


def visible(text: str) -> bool:
    return all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("case", HOSTILE)
def test_a_job_with_a_hostile_name_is_planned_shown_applied_and_undone_harmlessly(
    home: Household, case: str
) -> None:
    renamed(home, HOSTILE[case])
    before = home.jobs.read_bytes()
    told = [home.run("plan", "--verbose", "--out", "plan.json")]
    told += [home.run("show", "plan.json", "--format", name) for name in ("text", "markdown")]
    told += [home.run("apply", "plan.json", "--dry-run"), home.run("apply", "plan.json", "--yes")]
    told += [home.run("history", "latest"), home.run("rollback", "latest", "--yes"), home.run("doctor")]

    assert [0] * len(told) == [done.code for done in told], told[-1]
    for done in told:
        assert visible(done.out + done.err)
        assert 1000 > max(map(len, (done.out + done.err).splitlines()))
        assert "error: two" not in done.err.splitlines()
    assert before == home.jobs.read_bytes()
    markdown = re.sub(r"`[^`\n]*`", "", told[2].out)  # a code span makes no markup
    assert "<script>" not in markdown
    assert "[link](" not in markdown


@pytest.mark.parametrize("key", ["model", "fallbacks"])
def test_a_job_with_a_hostile_model_moves_no_cursor(home: Household, key: str) -> None:
    hostile: Any = "open\x1b[31mai/gpt\u202e-5.4"
    home.edit_job(INBOX, **{key: hostile if key == "model" else [hostile]})

    told = [home.run("plan", "--verbose", "--out", "plan.json"), home.run("apply", "plan.json", "--yes")]
    told += [home.run("history", "latest"), home.run("rollback", "latest", "--yes")]

    for done in told:
        assert visible(done.out + done.err), done
        assert "Traceback" not in done.err


def test_hostile_agents_move_no_cursor(home: Household) -> None:
    home.replace(
        home.config, "id: 'coder', model: 'anthropic/", r"id: 'co\x1b[31mder', model: 'anth\x1b[31mropic/"
    )
    home.replace(home.config, "'openai/gpt-5.4', fallbacks: []", r"'open\u202eai/gpt-5.4', fallbacks: []")

    told = [home.run("plan", "--verbose", "--out", "plan.json"), home.run("apply", "plan.json", "--yes")]
    told += [home.run("show", "plan.json", "--format", "markdown"), home.run("rollback", "latest", "--yes")]

    for done in told:
        assert visible(done.out + done.err), done
        assert "Traceback" not in done.err

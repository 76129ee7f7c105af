from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.openclaw.environment import SecretSource, host_environment, parse_dotenv
from reconciler.openclaw.home import Home, find_home


CANARY = "canary-7f3a"


def home_in(tmp_path: Path, *, dotenv: str = "", service: str = "") -> Home:
    for path, text in (
        (tmp_path / ".openclaw" / ".env", dotenv),
        (tmp_path / ".config" / "openclaw" / "gateway.env", service),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return find_home({}, tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("export A = 1 # note\r\nB=2", {"A": "1", "B": "2"}),
        ("A='x # y'\nB=\"x\\ny\"\nC=`z`", {"A": "x # y", "B": "x\ny", "C": "z"}),
        ("A='x\\ny'", {"A": "x\\ny"}),
        ("A: 1", {"A": "1"}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("A=1\nA=2", {"A": "2"}),
        ("# A=1\nnonsense\n", {}),
        ('A="two\nlines"', {"A": "two\nlines"}),
        ("A=x=y==", {"A": "x=y=="}),
        ("A='", {"A": "'"}),
    ],
)
def test_a_dotenv_file_is_read_as_openclaw_reads_it(text: str, expected: dict[str, str]) -> None:
    assert expected == parse_dotenv(text)


def test_the_first_to_name_a_variable_wins(tmp_path: Path) -> None:
    home = home_in(tmp_path, dotenv="A=dotenv\nB=dotenv", service="A=service\nB=service\nC=service")
    config = {
        "env": {
            "vars": {"A": "vars", "D": "vars"},
            "D": "direct",
            "E": "direct",
            "shellEnv": {"enabled": True},
        }
    }

    found = host_environment({"A": "process"}, home, config)

    assert {"A": "process", "B": "dotenv", "C": "service", "D": "vars", "E": "direct"} == found


def test_the_services_file_is_not_for_another_state(tmp_path: Path) -> None:
    home_in(tmp_path, service="A=service")

    assert {} == host_environment({}, find_home({"OPENCLAW_STATE_DIR": str(tmp_path / "d")}, tmp_path), {})


def resolve(
    tmp_path: Path, value: Any, *, environ: dict[str, str] | None = None, config: Any = None
) -> str | None:
    source = SecretSource(environ or {}, find_home({}, tmp_path), config or {})
    found = source.resolve(value, "gateway.auth.token", instead="OPENCLAW_GATEWAY_TOKEN")
    return found.reveal() if found else None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("  ", None),
        (7, None),
        (" plain ", "plain"),
        ("${T}", CANARY),
        ("$T", CANARY),
        ("a${T}b", f"a{CANARY}b"),
        ("$${T}", "${T}"),
        ("$t", "$t"),
        ({"source": "env", "provider": "default", "id": "T"}, CANARY),
    ],
)
def test_a_secret_is_resolved_from_the_environment(tmp_path: Path, value: Any, expected: str | None) -> None:
    assert expected == resolve(tmp_path, value, environ={"T": CANARY})


@pytest.mark.parametrize("value", ["${GONE}", "$GONE", {"source": "env", "id": "GONE"}])
def test_a_variable_that_is_not_set_is_named(tmp_path: Path, value: Any) -> None:
    with pytest.raises(ReconcilerError, match=r"gateway\.auth\.token names the variable GONE") as found:
        resolve(tmp_path, value)

    assert "OPENCLAW_GATEWAY_TOKEN" in found.value.hint


def test_a_variable_is_named_once_where_no_other_would_do(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError) as found:
        resolve(tmp_path, "${OPENCLAW_GATEWAY_TOKEN}")

    assert found.value.hint
    assert 1 == found.value.hint.count("OPENCLAW_GATEWAY_TOKEN")


def test_a_secret_is_resolved_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(f"{CANARY}\n", encoding="utf-8")
    (tmp_path / "all.json").write_text(json.dumps({"gateway": {"token": CANARY}}), encoding="utf-8")
    providers = {
        "single": {"source": "file", "path": "~/one", "mode": "singleValue"},
        "default": {"source": "file", "path": str(tmp_path / "all.json")},
    }
    config = {"secrets": {"providers": providers, "defaults": {"file": "single"}}}

    assert CANARY == resolve(tmp_path, {"source": "file", "id": "value"}, config=config)
    assert CANARY == resolve(
        tmp_path, {"source": "file", "provider": "default", "id": "/gateway/token"}, config=config
    )


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        ({"path": "~/gone"}, "/a"),
        ({"path": "~/s.json"}, "/gone"),
        ({"path": "~/s.json"}, "no pointer"),
        ({"path": "~/s.json"}, "/number"),
        ({"path": "~/bad.json"}, "/a"),
        ({"path": "~/s.json", "mode": "singleValue"}, "/a"),
        ({}, "/a"),
    ],
)
def test_a_file_without_the_secret_is_one_clear_error(
    tmp_path: Path, provider: dict[str, str], key: str
) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"a": CANARY, "number": 1}), encoding="utf-8")
    (tmp_path / "bad.json").write_text(f"{{{CANARY}", encoding="utf-8")
    config = {"secrets": {"providers": {"p": provider}}}

    with pytest.raises(ReconcilerError, match="does not hold it") as found:
        resolve(tmp_path, {"source": "file", "provider": "p", "id": key}, config=config)

    assert CANARY not in str((found.value.problem, found.value.hint, found.value.evidence))


@pytest.mark.parametrize("source", ["exec", "store", "sorcery", None, {"x": CANARY}])
def test_a_secret_that_only_openclaw_can_resolve_is_said_so(tmp_path: Path, source: Any) -> None:
    with pytest.raises(ReconcilerError, match="only OpenClaw can resolve") as found:
        resolve(tmp_path, {"source": source, "id": CANARY})

    assert CANARY not in str((found.value.problem, found.value.hint, found.value.evidence))


def test_a_source_of_secrets_shows_none(tmp_path: Path) -> None:
    shown = repr(
        SecretSource({"T": CANARY}, find_home({}, tmp_path), {"gateway": {"auth": {"token": CANARY}}})
    )

    assert CANARY not in shown

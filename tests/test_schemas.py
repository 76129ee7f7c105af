from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.analysis.analyze import analyze
from reconciler.explain.explain import explain
from reconciler.facts.model import Document, LocalModel, LocalServer, NotOffered, UsageFacts
from reconciler.ledger.record import FileChange, JobChange, JobValues, Record, TextEdit
from reconciler.plan.make import owners_catalog
from reconciler.plan.model import PlanHost
from reconciler.schemas import schemas, write
from reconciler.servers.view import LocalServers
from tests.worlds import CODING, LOCAL, NOW, OPUS, config, facts, job, plan_of, policy, reading


PUBLISHED = Path(__file__).parents[1] / "schemas"
SCHEMAS = {name.partition(".")[0]: json.loads(text) for name, text in schemas()}

SERVER = LocalServer(
    kind="ollama",
    url="http://127.0.0.1:11434",
    state="ready",
    evidence="it says so",
    routable=True,
    models=(LocalModel(id="qwen3:8b", quality=Decimal("0.9")),),
    not_offered=(NotOffered(id="bge-m3", why="an embedding model"),),
)


def record() -> Record:
    return Record(
        id="20260914T060000Z-abcdef",
        action="apply",
        created_at=NOW,
        status="done",
        host=PlanHost(id="host-1", label="a test host", layout="modern"),
        plan="sha256:0",
        addresses=("defaults", "job/Digest"),
        files=(
            FileChange(
                path="openclaw.json",
                sha256_before="0",
                sha256_after="1",
                edits=(TextEdit(offset=3, before="a", after="b"),),
                inverse=({"op": "test", "path": "/a", "value": None},),
            ),
        ),
        jobs=(
            JobChange(
                address="job/Digest",
                id="j1",
                before=JobValues(),
                after=JobValues(model=LOCAL, fallbacks=(OPUS,)),
                revision_before="r1",
            ),
        ),
    )


EXAMPLES: dict[str, Document] = {
    "facts": facts(job(), config=config(), readings=(reading("anthropic", "0.5"), reading("google", None))),
    "plan": plan_of(job(), job("Build", CODING), job("Stays", model=LOCAL)),
    "explanation": explain(
        policy("rules: [{name: keep, match: {job: Build}, pin: openai/gpt-5.4}]"),
        facts(job("Build", CODING, usage=UsageFacts(days=1, runs=2, input=9)), config=config()),
        owners_catalog(policy()),
        "job/Build",
    ),
    "record": record(),
    "detect-local": LocalServers(taken_at=NOW, servers=(SERVER,)),
    "analysis": analyze(
        policy(), facts(job(usage=UsageFacts(days=1, runs=2)), config=config()), owners_catalog(policy())
    ),
}


def test_the_published_schemas_are_current(tmp_path: Path) -> None:
    """`make schemas` writes them again."""
    write(tmp_path)

    published = {path.name: path.read_text() for path in PUBLISHED.iterdir()}
    assert published == {path.name: path.read_text() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_we_write_is_what_the_schema_says(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])

    assert [] == [
        error.message for error in Draft7Validator(SCHEMAS[name]).iter_errors(EXAMPLES[name].dump())
    ]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("facts", {"extra": 1}),
        ("facts", {"host": {"id": "h"}}),
        ("plan", {"mode": "yolo"}),
        ("plan", {"summary": {}}),
        ("record", {"status": "maybe"}),
        ("record", {"jobs": [{}]}),
        ("detect-local", {"servers": [{}]}),
        ("analysis", {"slots": [{}]}),
        ("explanation", {"outcome": "perhaps"}),
    ],
)
def test_what_we_would_refuse_is_invalid(name: str, change: dict[str, Any]) -> None:
    assert not Draft7Validator(SCHEMAS[name]).is_valid({**EXAMPLES[name].dump(), **change})

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.facts.read import read_facts
from reconciler.plan.expectations import unmet
from reconciler.plan.verify import read_plan
from reconciler.policy.load import check
from reconciler.policy.source import parse, plain
from tests.scenarios.plans import HOME, ROOT, SCENARIOS, SETS, expected


RECORDED = list(expected())
FOLDERS = [*SCENARIOS, *SETS]


def schema(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()))


def named(folders: list[Path]) -> Mapping[str, Any]:
    return {"argvalues": folders, "ids": [folder.name for folder in folders]}


@pytest.mark.parametrize(
    ("path", "text"), RECORDED, ids=[str(path.relative_to(ROOT)) for path, _ in RECORDED]
)
def test_the_recorded_plans_are_current(path: Path, text: str) -> None:
    """`make plans` writes them again; read the difference before you commit it."""
    assert path.read_text(encoding="utf-8") == text


def test_no_recorded_plan_is_left_over() -> None:
    known = {path for path, _ in RECORDED}

    assert known >= set((ROOT / "plans").iterdir())
    assert known >= {path for folder in SCENARIOS for path in folder.glob("plan.*")}


@pytest.mark.parametrize("folder", **named(FOLDERS))
def test_every_policy_is_valid_without_a_warning(folder: Path) -> None:
    assert [] == [str(problem) for problem in check(sorted(folder.glob("*.yaml"))).problems]


@pytest.mark.parametrize("folder", **named(FOLDERS))
def test_every_policy_and_its_records_fit_the_published_schemas(folder: Path) -> None:
    plan = ROOT / "plans" / f"{folder.name}.json" if folder in SETS else folder / "plan.json"

    assert schema("facts").is_valid(json.loads((folder / "facts.json").read_text()))
    assert schema("plan").is_valid(json.loads(plan.read_text()))
    for file in folder.glob("*.yaml"):
        for document in parse(file.read_text(), file.name).documents:
            assert schema("policy").is_valid(json.loads(json.dumps(plain(document), default=float)))


@pytest.mark.parametrize("folder", **named(FOLDERS))
def test_every_policy_names_its_schema_for_editors(folder: Path) -> None:
    for file in folder.glob("*.yaml"):
        first = file.read_text().splitlines()[0]
        _, _, reference = first.partition("# yaml-language-server: $schema=")
        assert (ROOT / "schemas" / "policy.schema.json").samefile(file.parent / reference)


@pytest.mark.parametrize("folder", **named(SETS))
def test_every_set_passes_its_own_tests(folder: Path) -> None:
    policy = check(sorted(folder.glob("*.yaml"))).policy
    assert policy is not None
    assert policy.tests

    for test in policy.tests:
        facts = read_facts((folder / test.facts).read_text(), name=test.facts)
        assert [] == [str(problem) for problem in unmet(policy, test, facts)]


@pytest.mark.parametrize("folder", **named(SETS))
def test_every_committed_plan_can_be_read(folder: Path) -> None:
    text = (ROOT / "plans" / f"{folder.name}.json").read_text()

    assert read_plan(text, name=folder.name).changes


def test_every_set_is_described() -> None:
    readme = (ROOT / "policies" / "README.md").read_text()

    assert [] == [folder.name for folder in SETS if f"## {folder.name}" not in readme]
    assert HOME in SETS

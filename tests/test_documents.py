from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.documents import json_object, read_text
from reconciler.errors import ReconcilerError


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f.json is empty"),
        (" \n", "f.json is empty"),
        ('{\n "a": }', "f.json:2:7: not JSON"),
        ("[1]", "f.json is not a JSON object"),
        ('{"a": ' + "[" * 100_000, "f.json is nested too deeply"),
        ('{"a": ' + "9" * 5_000 + "}", "f.json holds a number that is too long"),
    ],
)
def test_what_is_no_document_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ReconcilerError) as raised:
        json_object(text, name="f.json", hint="try again")

    assert raised.value.problem.startswith(problem)
    assert "try again" == raised.value.hint


def test_a_missing_file_is_told() -> None:
    with pytest.raises(ReconcilerError, match=r"cannot read nowhere/plan.json: there is no such file"):
        read_text(Path("nowhere/plan.json"))


def test_a_directory_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="Is a directory"):
        read_text(tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"\xff\xfe{")

    with pytest.raises(ReconcilerError, match="is not UTF-8"):
        read_text(file)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("{} ")

    assert "{} " == read_text(file, largest=3)
    with pytest.raises(ReconcilerError, match=r"plan.json is larger than 2 bytes"):
        read_text(file, largest=2)

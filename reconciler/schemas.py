"""The published JSON Schemas; `python -m reconciler.schemas` writes them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from reconciler.analysis.model import Analysis
from reconciler.explain.model import Explanation
from reconciler.facts.model import Document, Facts
from reconciler.forecast.prediction import Prediction
from reconciler.ledger.record import Record
from reconciler.plan.model import Plan
from reconciler.policy.schema import schema_text
from reconciler.quota.account import QuotaStatus
from reconciler.servers.view import LocalServers


def schemas() -> Iterator[tuple[str, str]]:
    """Yield the file name and the text of each schema."""
    yield "policy.schema.json", schema_text()
    for model in (Facts, Plan, Prediction, Record, Analysis, Explanation):
        yield f"{model.__name__.lower()}.schema.json", _text(model)
    yield "status.schema.json", _text(QuotaStatus)
    yield "detect-local.schema.json", _text(LocalServers)


def _text(model: type[Document]) -> str:
    """Return the schema of a document, draft-07, which editors understand."""
    generated = model.model_json_schema(
        by_alias=True, ref_template="#/definitions/{model}", schema_generator=_WithoutTitles
    )
    definitions = generated.pop("$defs")
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **generated,
        "title": f"Tactician {model.__name__.lower()}",
        "definitions": definitions,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class _WithoutTitles(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles that repeat the key."""
        del schema
        return False


def write(folder: Path) -> None:
    for name, text in schemas():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parents[1] / "schemas")

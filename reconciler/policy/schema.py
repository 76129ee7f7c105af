"""The JSON Schema of the policy files, for editors; the loader itself says more."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from reconciler.policy.document import ModelCatalog, PolicyTest, RoutingPolicy


def schema_text() -> str:
    """Return `schemas/policy.schema.json`: draft-07, one branch for each kind of document."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    kinds = TypeAdapter[Any](RoutingPolicy | ModelCatalog | PolicyTest)
    generated = kinds.json_schema(ref_template="#/definitions/{model}", schema_generator=_Draft07)
    definitions = generated.pop("$defs")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Tactician policy",
        **generated,
        "definitions": definitions,
    }


class _Draft07(GenerateJsonSchema):
    """Says what a file may hold: no null, numbers as numbers, no titles that repeat the key."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if "default" in schema and schema["default"] is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        found = super().dict_schema(schema)
        return {**found, "additionalProperties": False} if "patternProperties" in found else found

    def encode_default(self, dft: Any) -> Any:
        return float(dft) if isinstance(dft, Decimal) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False

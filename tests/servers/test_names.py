from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.servers.names import parse_name, parse_size


NAMES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("names.json").read_text(), parse_float=Decimal
)


@pytest.mark.parametrize("row", NAMES, ids=[row["name"] for row in NAMES])
def test_a_name_tells_what_it_holds(row: dict[str, Any]) -> None:
    found = parse_name(row["name"])

    assert row == {
        "name": row["name"],
        "format": found.format,
        "quantization": found.quantization,
        "bits": found.bits,
        "params_b": found.parameters,
        "active_params_b": found.active,
        "chat": found.chat,
    }


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("bloom-7b1", "7.1"),
        ("gemma-3n-E4B-it", "4"),
        ("smollm2-135m-instruct", "0.135"),
        ("mistral-7b-v0.3-128k", "7"),
        ("Phi-4-mini", None),
        ("llama3.2:latest", None),
        ("Mistral-Nemo-Instruct-2407", None),
    ],
)
def test_versions_contexts_and_dates_are_no_sizes(name: str, billions: str | None) -> None:
    assert (billions and Decimal(billions)) == parse_name(name).parameters


@pytest.mark.parametrize(
    "name", ["gte-Qwen2-7B-instruct", "e5-mistral-7b-instruct", "whisper-large-v3", "bge-m3"]
)
def test_instruct_makes_no_chat_model_of_an_embedding_model(name: str) -> None:
    assert not parse_name(name).chat


def test_a_server_s_size_text_may_hold_the_active_share() -> None:
    assert (26_000_000_000, 4_000_000_000) == parse_size("26B-A4B")
    assert (137_000_000, None) == parse_size("137M")
    assert (None, None) == parse_size("")

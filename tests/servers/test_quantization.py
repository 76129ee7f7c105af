from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.servers.factors import EFFECTS, quality_factor, speed_factor
from reconciler.servers.quantization import bits_per_weight, from_config, from_name, from_phrase


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("Q8_0", "Q8_0"),
        ("Q4_K - Medium", "Q4_K_M"),
        ("Q3_K - Small", "Q3_K_S"),
        ("Q5_K - Large", "Q5_K_L"),
        ("IQ4_XS - 4.25 bpw", "IQ4_XS"),
        ("IQ3_S mix - 3.66 bpw", "IQ3_M"),
        ("MXFP4 MoE", "MXFP4"),
        ("all F32", "F32"),
        ("(guessed) Q4_K - Medium", "Q4_K_M"),
        ("bfloat16", "BF16"),
        ("4bit", "4bit"),
        ("unknown", None),
        ("", None),
    ],
)
def test_servers_spell_types_in_several_ways(phrase: str, label: str | None) -> None:
    assert label == from_phrase(phrase)


def test_of_several_types_in_a_name_the_longest_then_the_last_counts() -> None:
    assert "Q4_K_M" == from_name("model-f16-to-Q4_K_M")
    assert "Q6_K" == from_name("x-q4_0.Q6_K")
    assert from_name("Qwen-7B") is None


@pytest.mark.parametrize(
    ("config", "label"),
    [
        ({"quantization": {"bits": 4, "group_size": 64}}, "4bit"),
        ({"quantization": {"bits": 4, "mode": "mxfp4"}}, "MXFP4"),
        ({"quantization_config": {"quant_method": "awq", "bits": 4}}, "AWQ"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 8}}, "GPTQ-Int8"),
        ({"quantization_config": {"quant_method": "fp8"}}, "FP8"),
        ({"quantization_config": 7}, None),
    ],
)
def test_a_model_folder_declares_its_type(config: dict[str, object], label: str | None) -> None:
    assert label == from_config(config)  # type: ignore[arg-type]


def test_a_q4_k_m_of_a_model_with_0_68_comes_out_at_about_0_62() -> None:
    factor = quality_factor("Q4_K_M")

    assert factor is not None
    assert Decimal("0.62") == (factor * Decimal("0.68")).quantize(Decimal("0.01"))


@pytest.mark.parametrize("name", EFFECTS)
def test_the_number_lies_in_its_range(name: str) -> None:
    effect = EFFECTS[name]

    assert effect.retention[0] <= effect.quality <= effect.retention[1] <= 1
    assert effect.speeds[0] <= effect.speed <= effect.speeds[1]


def test_fewer_bits_are_faster_and_worse() -> None:
    order = ["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "Q3_K_M"]

    assert order == sorted(order, key=lambda name: EFFECTS[name].quality, reverse=True)
    assert order == sorted(order, key=lambda name: EFFECTS[name].speed)


@pytest.mark.parametrize("name", ["4bit", "AWQ", "FP8", "GPTQ", None, "Q9_Z"])
def test_what_nobody_measured_is_unknown(name: str | None) -> None:
    assert quality_factor(name) is None
    assert speed_factor(name) is None


def test_bits_per_weight_come_from_the_size() -> None:
    assert Decimal("4.97") == bits_per_weight(2497293931, 4022468096)
    assert bits_per_weight(None, 7) is None

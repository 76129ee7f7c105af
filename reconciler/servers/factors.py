"""What quantization costs and gains.

`retention` is the share of the full-precision quality that users may expect to keep, `speed` how many
times faster than 16-bit weights it generates, each from low to high. The one number inside the range is

- for quality: how often a quantized Llama-3.1 8B chose the same next token as its 16-bit original
  (llama.cpp b11434, tools/perplexity/README.md: Q8_0 97.7 %, Q6_K 96.0 %, Q4_K_M 91.9 %). Where that
  table has only the mean Kullback-Leibler divergence (Q5_K_M 0.0108, Q4_0 0.0719, Q3_K_M 0.1019) the
  share of other tokens is taken as 0.45 to 0.5 times its square root, as at the measured types, and
  kept inside the range.
- for speed: the middle of the range. It is memory bandwidth that limits generation; on the one CUDA GPU
  of tools/quantize/README.md, types below 4 bits were no faster than Q4_K_M (2.5 times).

They are one model's numbers, not laws: older and larger models lose less. For MLX, AWQ, GPTQ, FP8 and
other formats no such table is published, so their effect is unknown here, never guessed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Effect(NamedTuple):
    """Shares of quality and times of speed: the number to reckon with, and the range it comes from."""

    quality: Decimal
    retention: tuple[Decimal, Decimal]
    speed: Decimal
    speeds: tuple[Decimal, Decimal]


def _effect(quality: str, retention: tuple[str, str], speeds: tuple[str, str]) -> Effect:
    slow, fast = map(Decimal, speeds)
    low, high = map(Decimal, retention)
    return Effect(Decimal(quality), (low, high), (slow + fast) / 2, (slow, fast))


EFFECTS = {
    "F32": _effect("1", ("1", "1"), ("0.5", "0.5")),
    "F16": _effect("1", ("1", "1"), ("1", "1")),
    "BF16": _effect("1", ("1", "1"), ("1", "1")),
    "Q8_0": _effect("0.977", ("0.95", "0.98"), ("1.5", "2")),
    "Q6_K": _effect("0.96", ("0.93", "0.96"), ("2", "2.5")),
    "Q5_K_M": _effect("0.948", ("0.90", "0.95"), ("2.5", "3")),
    "Q4_K_M": _effect("0.919", ("0.85", "0.92"), ("3", "4")),
    "Q4_0": _effect("0.88", ("0.80", "0.88"), ("3.5", "4.5")),
    "Q3_K_M": _effect("0.85", ("0.75", "0.85"), ("4", "5")),
}


def quality_factor(quantization: str | None) -> Decimal | None:
    """Return the share of quality that is left, None where nobody measured it."""
    effect = EFFECTS.get(quantization or "")
    return effect.quality if effect else None


def speed_factor(quantization: str | None) -> Decimal | None:
    """Return how many times faster than 16-bit weights it generates, None where nobody measured it."""
    effect = EFFECTS.get(quantization or "")
    return effect.speed if effect else None

from __future__ import annotations

import re
from decimal import Decimal

from reconciler.jsontypes import JsonObject
from reconciler.servers.answer import mapping, whole


# llama.cpp's LLAMA_FTYPE numbers, as `general.file_type` of a GGUF file holds them.
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M",
    18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S",
    25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M",
    32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4", 40: "Q1_0",
}  # fmt: skip
_GGUF = re.compile(
    r"(?<![A-Z0-9])(?:UD-)?("
    r"I?Q[1-8]_(?:K(?:_(?:XXS|XS|S|M|L|XL))?|[01]|NL|XXS|XS|S|M)|TQ[12]_0|MXFP4|NVFP4|BF16|FP?(?:16|32)"
    r")(?![A-Z0-9_])",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?<![A-Z0-9])(bnb-4bit|[2-8]-?bit|MXFP8|AWQ|GPTQ(?:-Int[48])?|FP8(?:-dynamic)?|W4A16|W8A8|W8A16"
    r"|\d(?:\.\d{1,2})?bpw)(?![A-Z0-9])",
    re.IGNORECASE,
)
_SIZES = {"SMALL": "S", "MEDIUM": "M", "LARGE": "L"}
_PHRASE = re.compile(
    r"(?:\(GUESSED\) )?(?:ALL |MOSTLY )?([A-Z0-9_]+)(?: - (SMALL|MEDIUM|LARGE)|(?: (MIX))?(?: - [\d.]+ BPW)?)?(?: MOE)?"
)
_BITS = {
    "AWQ": 4, "GPTQ": 4, "GPTQ-Int4": 4, "GPTQ-Int8": 8, "FP8": 8, "FP8-dynamic": 8, "W4A16": 4,
    "W8A8": 8, "W8A16": 8, "bnb-4bit": 4, "MXFP4": 4, "NVFP4": 4, "MXFP8": 8, "BF16": 16, "F16": 16,
    "F32": 32,
}  # fmt: skip


def from_phrase(phrase: str | None) -> str | None:
    """Return the usual name of a type as servers spell it: `Q4_K - Medium` is Q4_K_M, `bfloat16` BF16.

    None for an empty text and for `unknown`, which Ollama really says.
    """
    said = " ".join((phrase or "").upper().split())
    if said in {"", "UNKNOWN", "NONE"}:
        return None
    if dtype := {"BFLOAT16": "BF16", "FLOAT16": "F16", "FLOAT32": "F32"}.get(said):
        return dtype
    if (found := _PHRASE.fullmatch(said)) and (base := _normal(found[1])):
        if found[3]:  # llama.cpp calls IQ3_M "IQ3_S mix"
            return "IQ3_M" if base == "IQ3_S" else base
        return f"{base}_{_SIZES[found[2]]}" if found[2] else base
    return from_name(phrase or "")


def from_name(name: str) -> str | None:
    """Return the type that a model's name holds: the longest, of equals the last."""
    best = ""
    for found in (*_GGUF.finditer(name), *_OTHER.finditer(name)):
        label = _normal(found[1]) or ""
        if len(label) >= len(best):
            best = label
    return best or None


def _normal(label: str) -> str | None:
    upper = label.upper()
    if _GGUF.fullmatch(upper):
        return upper.replace("FP", "F") if upper in {"FP16", "FP32"} else upper
    if not _OTHER.fullmatch(label):
        return None
    known = {name.upper(): name for name in _BITS}
    if upper in known:
        return known[upper]
    return label.lower().replace("-bit", "bit")


def from_config(config: JsonObject) -> str | None:
    """Return the type that a model folder's config.json declares, for MLX and for Hugging Face formats."""
    mlx = mapping(config.get("quantization"))
    if bits := whole(mlx.get("bits")):
        mode = mlx.get("mode")
        return mode.upper() if isinstance(mode, str) and mode.startswith(("mxfp", "nvfp")) else f"{bits}bit"
    declared = mapping(config.get("quantization_config"))
    method = declared.get("quant_method")
    if not isinstance(method, str):
        return None
    bits = whole(declared.get("bits"))
    if method == "gptq" and bits:
        return f"GPTQ-Int{bits}"
    return from_name(method) or method.upper()[:20]


def bits_of(quantization: str | None) -> int | None:
    """Return the nominal bits of a weight, None where the name does not say."""
    if quantization is None:
        return None
    if quantization in _BITS:
        return _BITS[quantization]
    found = re.search(r"\d", quantization)
    return int(found[0]) if found else None


def bits_per_weight(size_bytes: int | None, parameters: int | None) -> Decimal | None:
    """Return what a weight really takes: file size in bits over the number of parameters."""
    if not size_bytes or not parameters:
        return None
    return (Decimal(size_bytes * 8) / parameters).quantize(Decimal("0.01"))

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reconciler.servers.quantization import bits_of, from_name


Format = Literal["gguf", "mlx", "hf", "ollama"]
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_PARAMETERS = re.compile(r"(?<![a-z0-9.])e?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_ACTIVE = re.compile(r"(?<![a-z0-9])a(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
_BLOOM = re.compile(r"(?<![a-z0-9.])(\d)b(\d)(?![a-z0-9])", re.IGNORECASE)
_MLX = re.compile(r"(?<![a-z0-9])(?<!bnb-)(mlx|[2-8]-?bit|mxfp8)(?![a-z0-9])", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+\d*")
_NOT_FOR_CHAT = {
    **dict.fromkeys(
        ("embed", "embedding", "embeddings", "bge", "gte", "e5", "minilm", "mpnet", "gritlm", "sbert"),
        "an embedding model",
    ),
    **dict.fromkeys(("rerank", "reranker", "colbert", "splade"), "a reranker"),
    **dict.fromkeys(("clip", "siglip"), "a vision model"),
    **dict.fromkeys(("whisper", "tts", "parakeet", "kokoro", "bark"), "a speech model"),
}
_ARCHITECTURES = (
    "bert",
    "nomic-bert",
    "jina-bert",
    "t5encoder",
    "gemma-embedding",
    "clip",
    "whisper",
    "xlm-roberta",
)
_FAMILIES = (
    "llama", "qwen", "gemma", "mistral", "mixtral", "ministral", "codestral", "devstral", "phi", "deepseek",
    "gpt-oss", "granite", "glm", "smollm", "olmo", "command-r", "falcon", "starcoder", "hermes", "kimi",
    "minimax", "nemotron", "exaone", "internlm", "yi", "solar", "bloom",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a model's name says; *parameters* and *active* are billions."""

    format: Format
    quantization: str | None
    bits: int | None
    parameters: Decimal | None
    active: Decimal | None
    family: str | None
    not_for_chat: str | None

    @property
    def chat(self) -> bool:
        return self.not_for_chat is None


def parse_name(name: str) -> NameFacts:
    """Read a file name, a Hugging Face id, or an Ollama name; what it does not say is None, never a guess."""
    base, tag = _parts(name)
    quantization = from_name(tag) or from_name(base)
    return NameFacts(
        format=_format(name, base, tag),
        quantization=quantization,
        bits=bits_of(quantization),
        parameters=_parameters(tag) or _parameters(base),
        active=_billions(_ACTIVE.search(tag) or _ACTIVE.search(base)),
        family=family_of(base),
        not_for_chat=not_for_chat(base),
    )


def not_for_chat(name: str) -> str | None:
    """Tell what a model is, by the words of its name, if it is not one to chat with."""
    words = _WORD.findall(name.lower())
    return next((_NOT_FOR_CHAT[word] for word in words if word in _NOT_FOR_CHAT), None)


def architecture_not_for_chat(architecture: str | None) -> str | None:
    if architecture and architecture.lower().startswith(_ARCHITECTURES):
        return f"architecture {architecture}"
    return None


def family_of(name: str) -> str | None:
    lower = name.lower()
    found = [(lower.find(family), family) for family in _FAMILIES if family in lower]
    return min(found)[1] if found else None


def _parts(name: str) -> tuple[str, str]:
    """Split into the model without its folders and the tag behind `:` or `@`."""
    path = name.replace("\\", "/").rstrip("/")
    last = path.rpartition("/")[2]
    base, _, tag = last.partition("@" if "@" in last else ":")
    if base.lower().endswith(".gguf"):
        base = base[: -len(".gguf")]
    return _SHARD.sub("", base), tag


def _format(name: str, base: str, tag: str) -> Format:
    if name.lower().endswith(".gguf"):
        return "gguf"
    if tag and "@" not in name:
        return "ollama"
    if _MLX.search(base) or name.lower().startswith("mlx-community/"):
        return "mlx"
    return "hf"


def _parameters(text: str) -> Decimal | None:
    if found := _BLOOM.search(text):
        return Decimal(f"{found[1]}.{found[2]}")
    return _billions(_PARAMETERS.search(text))


def _billions(found: re.Match[str] | None) -> Decimal | None:
    if found is None:
        return None
    number = Decimal(found[1])
    in_millions = found.re is _PARAMETERS and found[2].lower() == "m"
    return number / 1000 if in_millions else number


def plain_names(name: str) -> Iterator[str]:
    """Yield what a model may be called where its quantization, file and tuning are not told.

    `mlx-community/Qwen3-32B-Instruct-4bit` is qwen3-32b-instruct, then qwen3-32b.
    """
    base, tag = _parts(name.lower())
    words = [word for word in re.split(r"-|[.](?!\d)", f"{base}-{tag}") if word]
    quantization = (from_name(tag) or from_name(base) or "").lower()
    kept = [word for word in words if word not in {quantization, "gguf", "mlx", "latest", "dwq", "qat"}]
    yield "-".join(kept)
    yield "-".join(word for word in kept if word not in {"instruct", "it", "chat"})


def count(billions: Decimal | None) -> int | None:
    """Return a number of parameters from billions."""
    return int(billions * 10**9) if billions else None


def parse_size(text: str | None) -> tuple[int | None, int | None]:
    """Return total and active parameters of a server's text such as `4.0B`, `137M` or `26B-A4B`."""
    said = text or ""
    return count(_parameters(said)), count(_billions(_ACTIVE.search(said)))

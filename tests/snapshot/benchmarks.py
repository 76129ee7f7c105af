"""Reads benchmark tables as observations of (model, thinking level)."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Observation(NamedTuple):
    """One number that one source tells of a model; level "on" is thinking whose depth was not told."""

    model: str
    level: str
    indicator: str
    value: float
    source: str


_LIVEBENCH = {
    "coding": "coding",
    "agentic_coding": "agentic",
    "reasoning": "reasoning",
    "mathematics": "mathematics",
    "data_analysis": "data",
    "language": "language",
    "if": "instruction",
    "story_generation": "story",
}
_LEVELS = (
    (r"-(?:non-?thinking|no-?thinking|non-reasoning|base)$", "off"),
    (r"-minimal$", "minimal"),
    (r"(?:-thinking-(?:64k|auto))?-(low|medium|high|xhigh|max)(?:-effort)?$", r"\1"),
    (r"-(?:thinking-\d+k|highthinking)$", "high"),
    (r"-(?:thinking|reasoning)$", "on"),
)
_OFF = re.compile(
    r"claude|gpt-5\.4-(mini|nano)$|deepseek-v3\.2(-exp)?$|instruct|devstral|instant|gpt-4|gemma-[23]|llama"
)
_SEPARATE = (
    "qwen3-235b-a22b-thinking-2507",
    "qwen3-next-80b-a3b-thinking",
    "kimi-k2-thinking",
    "grok-4-1-fast-reasoning",
    "grok-4-1-fast-non-reasoning",
    "qwen3.7-max",
    "qwen3.8-max",
)
_EFFORT_ONLY = re.compile(r"claude-opus-4-5-20251101-(low|medium)-effort$")
_SNAPSHOT = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d|preview-11-2025|preview-09-2025|06-05)$")


def livebench(path: Path) -> Iterator[Observation]:
    """Yield every category of every row; of a row in both releases the newer one counts."""
    seen: set[tuple[str, str, str]] = set()
    for row in sorted(_rows(path), key=lambda row: row["release"], reverse=True):
        name = row["model"]
        if _EFFORT_ONLY.search(name):
            continue  # effort without thinking: `high` is what the vendor does when nothing is asked
        model, level = named(name)
        source = f"livebench-{row['release'].replace('_', '-')}"
        for column, indicator in _LIVEBENCH.items():
            if row[column] and (model, level, indicator) not in seen:
                seen.add((model, level, indicator))
                yield Observation(model, level, indicator, float(row[column]), source)
        if row["avg_output_tokens"] and (model, level, "tokens") not in seen:
            seen.add((model, level, "tokens"))
            yield Observation(model, level, "tokens", math.log(float(row["avg_output_tokens"])), source)


def eqbench(path: Path) -> Iterator[Observation]:
    for row in _rows(path):
        yield Observation(named(row["model"])[0], "any", "creative", float(row["elo"]), "eqbench-creative-v3")


def aider(path: Path) -> Iterator[Observation]:
    for row in _rows(path):
        match = re.fullmatch(r"(.*?)(?: \((.*)\))?", row["model"])
        if match is None or "+" in row["model"] or "," in row["model"]:
            continue
        word = match[2] or ""
        level = "off" if "no think" in word else word if word in ("low", "medium", "high") else "on"
        name = named(match[1].lower().replace(" ", "-"))[0]
        yield Observation(name, level, "aider", float(row["pass_rate_2"]), "aider-polyglot")


def speed(path: Path) -> Iterator[Observation]:
    for row in _rows(path):
        model = named(row["model"])[0]
        yield Observation(model, "any", "speed", math.log(float(row["blockrun_tps"])), "clawrouter-2026-03")


def named(name: str) -> tuple[str, str]:
    """Split a benchmark's name into model and thinking level."""
    name = name.rpartition("/")[2].lower()
    if name in _SEPARATE:
        return name, "off" if "non-" in name else "on"
    if name == "claude-opus-4-5-20251101-high-effort":
        return "claude-opus-4-5", "off"
    for pattern, level in _LEVELS:
        match = re.search(pattern, name)
        if match:
            return _plain(name[: match.start()]), match.expand(level)
    return _plain(name), "off" if _OFF.search(name) else "on"


def _plain(name: str) -> str:
    name = re.sub(r"claude-4-1-opus", "claude-opus-4-1", name)
    name = re.sub(r"claude-4-sonnet", "claude-sonnet-4", name)
    name = _SNAPSHOT.sub("", name)
    return re.sub(r"-(?:instruct|it)$", "", name)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)

"""Takes from installed packages what the catalog needs of prices, windows and ids."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any


Row = dict[str, Any]
LITELLM_PROVIDERS = {
    "anthropic": "anthropic",
    "openai": "openai",
    "gemini": "google",
    "moonshot": "moonshot",
    "zai": "zai",
    "minimax": "minimax",
    "deepseek": "deepseek",
    "xai": "xai",
    "mistral": "mistral",
    "dashscope": "qwen",
    "github_copilot": "github-copilot",
    "chatgpt": "openai-codex",
}
"""litellm's provider names, by what OpenClaw calls them."""
SKIPPED = {"amazon-bedrock", "azure-openai-responses", "vercel-ai-gateway", "google-vertex"}
"""Providers whose ids name the models of others once more."""
_NO_TEXT = (
    "audio",
    "tts",
    "lyria",
    "realtime",
    "embed",
    "image",
    "computer-use",
    "robotics",
    "search",
    "live",
)
_MILLION = 1_000_000
_PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cacheRead": "cache_read_input_token_cost",
    "cacheWrite": "cache_creation_input_token_cost",
}


def pi_models(package: Path) -> Iterator[Row]:
    """Yield the rows of the model list of pi-ai, the library that early OpenClaw versions run on."""
    script = f"import({json.dumps((package / 'dist/models.generated.js').as_uri())})"
    script += ".then(m => console.log(JSON.stringify(m.MODELS)))"
    run = subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True)  # noqa: S607
    for provider, models in json.loads(run.stdout, parse_float=Decimal).items():
        if provider not in SKIPPED:
            yield from (_openclaw_row(provider, model, "pi-ai") for model in models.values())


def manifest_models(package: Path) -> Iterator[Row]:
    """Yield the rows of the plugin manifests of an OpenClaw package."""
    for path in sorted(package.glob("dist/extensions/*/openclaw.plugin.json")):
        catalog = json.loads(path.read_text(), parse_float=Decimal).get("modelCatalog", {})
        for provider, entry in catalog.get("providers", {}).items():
            yield from (_openclaw_row(provider, model, "openclaw") for model in entry.get("models", ()))


def litellm_models(prices: Path) -> Iterator[Row]:
    """Yield the text models of litellm's price list that stand under the providers of OpenClaw."""
    for name, entry in json.loads(prices.read_text(), parse_float=Decimal).items():
        provider = LITELLM_PROVIDERS.get(entry.get("litellm_provider", ""))
        if not provider or entry.get("mode") not in ("chat", "responses") or name.startswith("ft:"):
            continue
        model = name.rpartition("/")[2]
        if not any(word in model for word in _NO_TEXT):
            yield _litellm_row(provider, model, entry)


def _openclaw_row(provider: str, model: Mapping[str, Any], source: str) -> Row:
    cost = model.get("cost") or {}
    row: Row = {"ref": f"{provider}/{model['id']}", "source": source}
    row["window"] = model.get("contextTokens") or model.get("contextWindow")
    row["maxOutput"] = model.get("maxTokens")
    row["input"] = model.get("input")
    row["reasoning"] = model.get("reasoning")
    row["price"] = _plain({name: cost[name] for name in _PRICES if name in cost})
    row["tiers"] = [
        {"above": tier["range"][0] - 1, **_plain({name: tier[name] for name in _PRICES if name in tier})}
        for tier in cost.get("tieredPricing", ())
        if tier["range"][0]
    ]
    row["levels"] = sorted(level for level, to in (model.get("thinkingLevelMap") or {}).items() if to)
    return {name: value for name, value in row.items() if value not in (None, {}, [])}


def _litellm_row(provider: str, model: str, entry: Mapping[str, Any]) -> Row:
    row: Row = {"ref": f"{provider}/{model}", "source": "litellm"}
    row["window"] = entry.get("max_input_tokens")
    row["maxOutput"] = entry.get("max_output_tokens")
    row["input"] = ["text", "image"] if entry.get("supports_vision") else ["text"]
    row["reasoning"] = bool(entry.get("supports_reasoning"))
    row["price"] = _per_million(entry, "")
    row["tiers"] = [
        {"above": size * 1000, **price}
        for size in (100, 128, 200, 272, 512)
        if (price := _per_million(entry, f"_above_{size}k_tokens"))
    ]
    row["tiers"] += [
        {"above": int(tier["range"][0]), **_per_million(tier, "")}
        for tier in entry.get("tiered_pricing", ())
        if tier["range"][0]
    ]
    return {name: value for name, value in row.items() if value not in (None, {}, [])}


def _per_million(entry: Mapping[str, Any], suffix: str) -> dict[str, str]:
    return _plain(
        {
            name: Decimal(entry[field + suffix]) * _MILLION
            for name, field in _PRICES.items()
            if entry.get(field + suffix) is not None
        }
    )


def _plain(prices: Mapping[str, Decimal | int]) -> dict[str, str]:
    return {name: f"{round(Decimal(price), 6).normalize():f}" for name, price in prices.items()}


def extract(*, pi: Path, openclaw: Path, litellm: Path) -> list[Row]:
    """Return all rows; the first of a ref is the nearest to OpenClaw."""
    rows: dict[tuple[str, str], Row] = {}
    for row in (*manifest_models(openclaw), *pi_models(pi), *litellm_models(litellm)):
        rows.setdefault((row["ref"], row["source"]), row)
    return [rows[place] for place in sorted(rows)]


def write(rows: list[Row], path: Path) -> None:
    """Write one row a line, so that a new snapshot reads as a difference of models."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")

"""Takes from installed packages what the catalog needs of prices, windows and ids."""

from __future__ import annotations

import json
import re
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
EARLY_LISTS = {
    "buildKimiCodingProvider": "kimi-coding",
    "buildMinimaxPortalProvider": "minimax-portal",
    "buildModelStudioProvider": "modelstudio",
    "buildMoonshotProvider": "moonshot",
    "buildQwenPortalProvider": "qwen-portal",
    "buildSyntheticProvider": "synthetic",
    "buildXiaomiProvider": "xiaomi",
}
"""Functions of early OpenClaw that build a provider, by the provider's id; none of them asks the network."""
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
_REF = re.compile(r"`([a-z-]+/[^`]+)`")
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


def early_models(package: Path) -> Iterator[Row]:
    """Yield the rows of the model lists that an OpenClaw package of early 2026 builds in its code."""
    lists = next(
        path
        for path in package.glob("dist/provider-catalog-*.js")
        if "buildSyntheticProvider" in path.read_text()
    )
    script = f"import({json.dumps(lists.as_uri())}).then(m => {{ const found = {{}};"
    script += "for (const f of Object.values(m)) if (names.includes(f.name)) found[f.name] = f().models;"
    script += "console.log(JSON.stringify(found)); process.exit(0) })"
    names = f"const names = {json.dumps(sorted(EARLY_LISTS))};"
    run = subprocess.run(["node", "-e", names + script], check=True, capture_output=True, text=True)  # noqa: S607
    for built, models in json.loads(run.stdout, parse_float=Decimal).items():
        yield from (_openclaw_row(EARLY_LISTS[built], model, "openclaw-early") for model in models)


def documented_models(package: Path) -> Iterator[Row]:
    """Yield the rows of the model tables in an OpenClaw package's own pages on providers.

    The manifests of providers that are installed apart are not in the package; their tables are.
    """
    for path in sorted(package.glob("docs/providers/*.md")):
        titles: list[str] = []
        for line in path.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells[0] == "Model ref":
                titles = cells
            elif not line.strip().startswith("|"):
                titles = []
            elif titles and (ref := _REF.fullmatch(cells[0])):
                yield from _documented_row(ref[1], dict(zip(titles, cells, strict=True)))


def _documented_row(ref: str, cells: Mapping[str, str]) -> Iterator[Row]:
    window, most = cells.get("Context", ""), cells.get("Max output", "")
    if window.replace(",", "").isdigit():
        row: Row = {"ref": ref, "source": "openclaw-pages", "window": int(window.replace(",", ""))}
        if most.replace(",", "").isdigit():
            row["maxOutput"] = int(most.replace(",", ""))
        if "Input" in cells:
            row["input"] = re.split(r", | \+ ", cells["Input"])
        yield row


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


def extract(
    *,
    pi: Path | None = None,
    openclaw: Path | None = None,
    early: Path | None = None,
    litellm: Path | None = None,
) -> list[Row]:
    """Return the rows of the packages that are given, each ref once for a source."""
    readers = (
        (manifest_models, openclaw),
        (documented_models, openclaw),
        (early_models, early),
        (pi_models, pi),
        (litellm_models, litellm),
    )
    rows: dict[tuple[str, str], Row] = {}
    for read, package in readers:
        for row in read(package) if package else ():
            rows.setdefault((row["ref"], row["source"]), row)
    return list(rows.values())


def renewed(rows: list[Row], old: list[Row]) -> list[Row]:
    """Return *rows* with the *old* ones of the sources that were not read anew, in order."""
    read = {row["source"] for row in rows}
    kept = [row for row in old if row["source"] not in read]
    return sorted([*rows, *kept], key=lambda row: (row["ref"], row["source"]))


def write(rows: list[Row], path: Path) -> None:
    """Write one row a line, so that a new snapshot reads as a difference of models."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")

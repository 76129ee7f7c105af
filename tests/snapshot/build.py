"""Builds the catalog that the package ships from the files under tests/data/catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.catalog.names import candidates, key
from tests.snapshot import benchmarks
from tests.snapshot.benchmarks import Observation
from tests.snapshot.scores import score


DATA = Path(__file__).parents[1] / "data" / "catalog"
SHIPPED = Path(__file__).parents[2] / "reconciler" / "catalog" / "data" / "catalog.json"
MAKERS = ("anthropic", "openai", "google", "moonshot", "zai", "minimax", "deepseek", "xai", "mistral", "qwen")
_LISTS = ("openclaw", "openclaw-pages", "litellm", "pi-ai", "openclaw-early")
SOURCES = json.loads((DATA / "sources.json").read_text(encoding="utf-8"))
_ROUTERS = ("auto", "free")
"""Ids that stand for whatever model a router picks."""
_FIELDS = {"window": "window", "maxOutput": "maxOutput", "input": "input", "reasoning": "reasoning"}


def build() -> dict[str, Any]:
    """Return the document of the shipped catalog."""
    aliases = json.loads((DATA / "aliases.json").read_text(encoding="utf-8"))
    meant = {key(name): key(model) for name, model in aliases.items() if name != "about"}
    rows = json.loads((DATA / "packages.json").read_text(encoding="utf-8"))
    rows = sorted((row for row in rows if _name(row["ref"]) not in _ROUTERS), key=_nearness)
    models: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = dict(meant)
    refs: dict[str, dict[str, Any]] = {}
    for row in rows:
        place = _place(row["ref"], meant)
        names.update(dict.fromkeys(candidates(row["ref"]), place))
        called = {"name": _name(row["ref"]), "ref": row["ref"]}
        model = models.setdefault(place, called)
        if key(model["name"]) in meant and key(called["name"]) == place:
            model.update(
                called
            )  # a model goes by its own name, not by another one that a nearer list has for it
        _learn(model, row)
        refs.setdefault(row["ref"], {}).update(
            {k: v for k, v in _offer(row).items() if k not in refs[row["ref"]]}
        )
    observed = [seen._replace(model=_place(f"x/{seen.model}", meant)) for seen in observations()]
    display = {_place(f"x/{seen.model}", meant): seen.model for seen in observations()}
    for place, levels in score(observed).items():
        models.setdefault(place, {"name": display[place]})["levels"] = levels
        names.setdefault(place, place)
    return {
        "about": "Models by key; USD per million tokens; scores 0 to 1 as [value, confidence on the source's day, source].",
        "sources": SOURCES,
        "models": models,
        "names": {name: place for name, place in names.items() if name != place and place in models},
        "refs": {
            ref: kept for ref, row in refs.items() if (kept := _different(row, models[_place(ref, meant)]))
        },
    }


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write one model, name or ref a line."""
    parts = []
    for part, value in document.items():
        if part == "about":
            parts.append(f'"about": {_json(value)}')
            continue
        lines = ",\n".join(f"{_json(name)}:{_json(entry)}" for name, entry in sorted(value.items()))
        parts.append(f'"{part}": {{\n{lines}\n}}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def observations() -> Iterable[Observation]:
    yield from benchmarks.livebench(DATA / "livebench.csv")
    yield from benchmarks.eqbench(DATA / "eqbench_creative_v3.csv")
    yield from benchmarks.aider(DATA / "aider_polyglot.csv")
    yield from benchmarks.speed(DATA / "speed_clawrouter_2026-03.csv")


def _place(ref: str, meant: Mapping[str, str]) -> str:
    found = list(candidates(ref))
    return next((meant[name] for name in found if name in meant), found[-1] if found else "")


def _name(ref: str) -> str:
    return str(ref.rpartition("/")[2].lower())


def _nearness(row: Mapping[str, Any]) -> tuple[int, int, int, str]:
    provider = row["ref"].partition("/")[0]
    maker = MAKERS.index(provider) if provider in MAKERS else len(MAKERS)
    return maker, _LISTS.index(row["source"]), len(row["ref"]), row["ref"]


def _learn(model: dict[str, Any], row: Mapping[str, Any]) -> None:
    for field, name in _FIELDS.items():
        if row.get(field) is not None:
            model.setdefault(name, row[field])
    if "price" not in model and _charges(row):
        model.update(price=row["price"], priceSource=row["source"], pricedAt=row["ref"])
        if row.get("tiers"):
            model["tiers"] = row["tiers"]
    model.setdefault("source", row["source"])


def _offer(row: Mapping[str, Any]) -> dict[str, Any]:
    offer = {name: row[name] for name in ("window", "input") if name in row}
    if _charges(row):
        offer.update(price=row["price"], priceSource=row["source"])
        if row.get("tiers"):
            offer["tiers"] = row["tiers"]
    return offer


def _charges(row: Mapping[str, Any]) -> bool:
    """Tell whether the row tells a price: 0 is what lists write of subscriptions and of what they do not know."""
    price = row.get("price", {})
    return price.get("input", "0") not in ("0", "-1000000") and price.get("output", "0") != "0"


def _different(row: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if model.get(name) != value}
    if row.get("price") == model.get("price") and row.get("tiers") == model.get("tiers"):
        kept.pop("priceSource", None)
    return kept


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

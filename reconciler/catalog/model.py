from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Literal


Kind = Literal["coding", "reasoning", "creative", "simple"]
KINDS: tuple[Kind, ...] = ("coding", "reasoning", "creative", "simple")
_DATED = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d|latest)$")


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """What is known of one model; prices are USD per million tokens, scores 0 to 1 per task kind."""

    name: str
    scores: Mapping[str, Decimal] = field(default_factory=dict)
    price_input: Decimal | None = None
    price_output: Decimal | None = None
    context_window: int | None = None
    source: str = ""

    def blended_price(self) -> Decimal | None:
        """Return USD per million tokens for thirteen parts input and one part output.

        414 recorded OpenClaw cron runs read 31.6 M tokens and wrote 2.3 M, 13.6 to one.
        """
        if self.price_input is None or self.price_output is None:
            return None
        return (13 * self.price_input + self.price_output) / 14


class Catalog:
    """Models by the names that hosts use for them."""

    def __init__(self, models: Mapping[str, CatalogModel]) -> None:
        self._models = models
        self._found: dict[str, CatalogModel | None] = {}

    def find(self, ref: str) -> CatalogModel | None:
        """Return the model that the ref `provider/model` names, or None where it is unknown."""
        if ref not in self._found:
            self._found[ref] = self._models.get(ref) or next(
                (self._models[key] for key in _keys(ref) if key in self._models), None
            )
        return self._found[ref]

    def overlay(self, models: Mapping[str, CatalogModel]) -> Catalog:
        """Return a catalog in which the owner's *models*, by ref, go before ours."""
        return Catalog({**self._models, **models})


def shipped() -> Catalog:
    """Return the catalog that the package brings; where its numbers come from stands in the file."""
    text = resources.files(__package__).joinpath("models.json").read_text(encoding="utf-8")
    document = json.loads(text)
    found: dict[str, CatalogModel] = {}
    for entry in document["models"]:
        model = _model(entry)
        found.update((name, model) for name in entry["ids"])
    return Catalog(MappingProxyType(found))


def _model(entry: Mapping[str, object]) -> CatalogModel:
    scores, price, window = entry["scores"], entry.get("price"), entry.get("contextWindow")
    assert isinstance(scores, dict)
    prices = {key: Decimal(value) for key, value in price.items()} if isinstance(price, dict) else {}
    return CatalogModel(
        name=str(entry["name"]),
        scores=MappingProxyType({kind: Decimal(score) for kind, score in scores.items()}),
        price_input=prices.get("input"),
        price_output=prices.get("output"),
        context_window=window if isinstance(window, int) else None,
        source=str(entry["scoredAs"]),
    )


def _keys(ref: str) -> Iterable[str]:
    """Yield the names under which a model may be listed, from the ref's own to the plainest.

    Aggregators put the maker in front (`openrouter/anthropic/claude-opus-4-6`), Copilot writes
    versions with dots (`claude-haiku-4.5`), vendors add dates (`claude-haiku-4-5-20251001`).
    """
    bare = ref.rpartition("/")[2].lower().partition(":")[0]
    undated = _DATED.sub("", bare)
    yield bare
    yield undated
    if undated.startswith("claude"):
        yield undated.replace(".", "-")

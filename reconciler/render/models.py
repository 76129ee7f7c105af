from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from reconciler.catalog.model import LEVELS, Catalog, CatalogModel, Number
from reconciler.errors import ReconcilerError
from reconciler.kinds import KINDS
from reconciler.text import printable


Card = Mapping[str, Any]


def card(ref: str, catalog: Catalog, *, today: date) -> Card:
    """Return what is known of a model as JSON; an unknown one raises, it is never taken for an average one."""
    model = catalog.find(ref if "/" in ref else f"any/{ref}")
    if model is None:
        raise ReconcilerError(
            f"nothing is known of the model {printable(ref)}",
            hint="tactician models list; or write its numbers in the policy under models",
        )
    return _card(ref, model, today)


def cards(catalog: Catalog, refs: Sequence[str], *, today: date) -> list[Card]:
    """Return the cards of these refs, each once."""
    return [card(ref, catalog, today=today) for ref in dict.fromkeys(refs)]


def _card(ref: str, model: CatalogModel, today: date) -> Card:
    source = model.price_source
    return {
        "ref": ref,
        "model": model.name,
        "thinking": model.level,
        "scores": {kind: str(score) for kind, score in model.scores.items()},
        "policyScores": sorted(model.own),
        "policyTokensPerTask": model.own_tokens,
        "contextWindow": model.context_window,
        "contextScore": model.context_score and str(model.context_score),
        "maxOutput": model.max_output,
        "input": list(model.modalities),
        "paidBy": "quota" if model.quota else "token",
        "usdPerMillion": {name: f"{price:f}" for name, price in model.prices_for(0).items()},
        "tiers": [
            {"aboveInputTokens": tier.above, **{name: f"{price:f}" for name, price in tier.prices.items()}}
            for tier in model.tiers
        ],
        "priceSource": source
        and {"title": source.title, "licence": source.licence, "date": str(source.date)},
        "listedBy": model.source,
        "levels": {
            level: {name: _number(number, today) for name, number in model.levels[level].items()}
            for level in (*LEVELS, "on")
            if level in model.levels
        },
    }


def _number(number: Number, today: date) -> Card:
    return {
        "value": str(number.value),
        "confidence": str(number.confidence_on(today)),
        "estimated": number.source.estimated,
        "source": number.source.title,
        "licence": number.source.licence,
        "date": str(number.source.date),
    }


def as_json(found: Card | list[Card]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)


def table(found: Sequence[Card]) -> str:
    """Return one line a model: scores at its usual level, prices, window; a dash where nobody knows."""
    width = max((len(printable(row["ref"])) for row in found), default=0)
    return "\n".join(_line(row, width) for row in ({}, *found))


def _line(row: Card, width: int) -> str:
    if not row:
        heads = "".join(f"{kind:>10}" for kind in KINDS)
        return f"{'model':<{width}}  {'level':<7}{heads}{'in $/M':>9}{'out $/M':>9}{'window':>10}"
    scores = "".join(f"{row['scores'].get(kind, '-'):>10}" for kind in KINDS)
    prices = "".join(f"{row['usdPerMillion'].get(name, '-'):>9}" for name in ("input", "output"))
    window = row["contextWindow"] or "-"
    return f"{printable(row['ref']):<{width}}  {row['thinking'] or '-':<7}{scores}{prices}{window:>10}"


def text(found: Card) -> str:
    """Return a card for people."""
    return "\n".join(_lines(found))


def _lines(found: Card) -> Iterator[str]:
    yield f"{printable(found['ref'])}: {printable(found['model'])}"
    yield f"  window      {found['contextWindow'] or 'unknown'} tokens, input {', '.join(found['input']) or 'unknown'}"
    prices = ", ".join(f"{name} {price}" for name, price in found["usdPerMillion"].items())
    yield f"  USD/million {prices or 'unknown'}"
    for tier in found["tiers"]:
        steps = ", ".join(f"{name} {price}" for name, price in tier.items() if name != "aboveInputTokens")
        yield f"              above {tier['aboveInputTokens']} input tokens: {steps}"
    if found["priceSource"]:
        yield f"              from {found['priceSource']['title']}, {found['priceSource']['date']}"
    if found["paidBy"] == "quota":
        yield "              paid by subscription: it costs quota; the prices are the maker's for tokens"
    own = [f"{kind} {found['scores'][kind]}" for kind in found["policyScores"]]
    if found["policyTokensPerTask"]:
        own.append(f"{found['policyTokensPerTask']} tokens a task")
    if own:
        yield f"  policy      {', '.join(own)}"
    if not found["levels"]:
        yield "  scores      unknown: no benchmark that we use has measured it"
    for level, numbers in found["levels"].items():
        yield f"  thinking {level}{' (usual)' if level == found['thinking'] else ''}"
        for name, number in numbers.items():
            value = Decimal(number["value"])
            yield f"    {name:<12}{value:>6}  confidence {number['confidence']}  {number['source']}, {number['date']}"

"""What LiteLLM's rules say of prompts: run by the Python that LiteLLM is installed for, apart from ours.

Reads a JSON list of texts on standard input; prints the adaptive router's kinds, the complexity router's
levels and scores, and the milliseconds that each of the two took for one text.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter
from types import SimpleNamespace

from litellm.router_strategy.adaptive_router.classifier import classify_prompt
from litellm.router_strategy.complexity_router.complexity_router import ComplexityRouter


KINDS = {
    "code_generation": "coding",
    "code_understanding": "coding",
    "technical_design": "reasoning",
    "analytical_reasoning": "reasoning",
    "writing": "creative",
    "factual_lookup": "simple",
    "general": "simple",
}
LEVELS = {"NON_REASONING": "low", "SIMPLE": "low", "MEDIUM": "medium", "COMPLEX": "high", "REASONING": "high"}


def main() -> None:
    texts = json.load(sys.stdin)
    begin = perf_counter()
    kinds = [KINDS[classify_prompt(text).value] for text in texts]
    between = perf_counter()
    router = ComplexityRouter("bench", SimpleNamespace(), derive_savings_baseline=False)
    ready = perf_counter()
    tiers = [router.classify(text) for text in texts]
    end = perf_counter()
    json.dump(
        {
            "kinds": kinds,
            "levels": [LEVELS[tier.value] for tier, _score, _signals in tiers],
            "hardness": [round(score * 1000) for _tier, score, _signals in tiers],
            "milliseconds": [(between - begin) / len(texts) * 1000, (end - ready) / len(texts) * 1000],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()

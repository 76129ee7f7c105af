from __future__ import annotations

import re
from collections.abc import Mapping


_PATTERNS: Mapping[str, str] = {
    "code fence": r"```",
    "inline code": r"`[^`\n]{1,200}`",
    "script or file name": r"\b[\w-]{1,80}\.(?:sh|py|js|ts|mjs|rb|pl|ps1|md|json|jsonl|ya?ml|csv|txt|log|html?|css|tsx?|go|rs|java|cpp)\b",
    "script call": r"(?:\b(?:bash|sh|python3?|node|npm|pnpm|npx|uv|curl|git|docker|make|cd)\s+[\w./~-]{2})|(?:^|\s)\.{0,2}/[\w./-]{1,80}\.sh\b",
    "code symbols": r"[;{}][^\S\n]{0,80}$|=>|\(\)|==|!=|&&|\w\(\w*\)|^[^\S\n]{0,80}(?:def|class|import|from|const|let|var|function|public|private|return|#include|if \()\b",
    "markup": r"</?[a-z][a-z0-9]{0,10}[ >/]",
    "formula": r"\\[a-zA-Z(\[]{1,20}|\$[^$\n]{1,80}\$|\b[a-z]\s?[\^=+]\s?[\w(]|\d\s?[*/^+=×÷]\s?\d|[√∫∑≤≥π∞α-ω]",
    "number": r"\d+(?:[.,:]\d+)*",
    "question": r"[?？]",
    "quoted": r"[\"“”「」«»][^\"“”「」«»\n]{1,300}[\"“”「」«»]",
    "address": r"https?://",
    "step": r"^[^\S\n]{0,80}(?:\d{1,2}[.)、]|[-*•])\s|(?:^|[\s:：;；，。.])(?:\d\)|(?:step|paso|passo|schritt|etape|étape|task)\s?[\da-d]\b|第[一二三四五六七八九十]步|[①-⑩])",
    "line": r"\n",
}  # fmt: skip
_COMPILED = {name: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for name, pattern in _PATTERNS.items()}


def shape_of(text: str) -> dict[str, int]:
    """Count what the text looks like, whatever its language: code, formulas, steps, questions.

    No pattern looks further than a few hundred characters, so the time is proportional to the length.
    """
    counts = {name: sum(1 for _ in pattern.finditer(text)) for name, pattern in _COMPILED.items()}
    counts["code fence"] //= 2
    return {name: count for name, count in counts.items() if count}

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.canonical import text_digest
from reconciler.catalog.model import Kind


FENCE = "```"
_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "coding": (
        "bug", "class", "code", "commit", "compile", "debug", "deploy", "diff", "fix", "function", "implement",
        "patch", "pull request", "refactor", "script", "test suite", "unit test",
    ),
    "reasoning": (
        "analyse", "analysis", "analyze", "assess", "compare", "decide", "design", "evaluate", "explain why",
        "investigate", "plan", "prioritise", "prioritize", "recommend", "research", "review", "risk", "root cause",
        "strategy", "trade-off", "weigh",
    ),
    "creative": (
        "blog post", "bedtime", "brainstorm", "creative", "draft", "essay", "humorous", "lyrics", "newsletter",
        "poem", "slogan", "story", "tone of", "write",
    ),
    "simple": (
        "anything new", "append", "check", "count", "fetch", "forward", "list", "new mail", "notify", "ping", "post",
        "remind", "reminder", "report the", "run the", "send", "status", "summarise", "summarize", "summary", "sync",
        "tell me", "translate", "weather",
    ),
}  # fmt: skip
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words}
_PATTERN = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(word) for word in sorted(_KIND_OF, key=len, reverse=True)) + r")(?!\w)",
    re.IGNORECASE,
)
_READ_AT_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Signals:
    """What is kept of a prompt: its hash, its length and counts of words from our own list.

    The text itself never leaves the process that read it.
    """

    sha256: str
    chars: int
    words: Mapping[str, int] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Estimate the prompt's tokens at four characters each, the rule of thumb for English."""
        return (self.chars + 3) // 4


def signals_of(text: str) -> Signals:
    """Read the signals of a prompt; of a very long one only the beginning is searched for words."""
    searched = text[:_READ_AT_MOST]
    counts = Counter(match.group(1).lower() for match in _PATTERN.finditer(searched))
    if fences := searched.count(FENCE) // 2:
        counts[FENCE] = fences
    return Signals(sha256=text_digest(text), chars=len(text), words=dict(sorted(counts.items())))


def kind_of(word: str) -> Kind | None:
    """Return the task kind that a signal speaks for; a code fence speaks for coding."""
    return "coding" if word == FENCE else _KIND_OF.get(word)

"""Labelled prompts: one JSON object a line, kept in tests/data/tasks; the README there names their sources."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


DEVELOPMENT = Path(__file__).parent / "data" / "tasks" / "prompts.jsonl"
_FOLDS = 5


@dataclass(frozen=True)
class Labelled:
    """A prompt with the kind and difficulty that people gave it; *other* is a kind that is right as well."""

    id: str
    source: str
    group: str
    lang: str
    kind: str
    other: str | None
    difficulty: str
    prompt: str

    @property
    def scheduled(self) -> bool:
        return self.source == "openclaw_cron"

    @property
    def fold(self) -> str:
        """Name what is held out together: an owner's jobs; of a published set a fifth, chosen by hash."""
        if self.scheduled:
            return self.group
        return f"fifth {int(sha256(self.id.encode()).hexdigest(), 16) % _FOLDS}"


def read_labels(path: Path = DEVELOPMENT) -> tuple[Labelled, ...]:
    """Read a file of labels; lines end with a line feed alone, since prompts hold other separators."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return tuple(_labelled(json.loads(line)) for line in lines if line)


def _labelled(row: dict[str, str]) -> Labelled:
    return Labelled(
        id=row["id"],
        source=row["source"],
        group=row["group"],
        lang=row["lang"],
        kind=row["label"],
        other=row.get("alt_label") or None,
        difficulty=row["difficulty"],
        prompt=row["prompt"],
    )

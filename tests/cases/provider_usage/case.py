from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """One recorded request with its answer."""

    method: str
    url: str
    query: dict[str, str]
    headers: dict[str, str | None]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any

    @property
    def sent(self) -> bytes:
        """The answer's body as bytes: a text as it stands, everything else as JSON."""
        return (self.answer if isinstance(self.answer, str) else json.dumps(self.answer)).encode()


@dataclass(frozen=True)
class Case:
    """One recorded case: what was asked and answered, and what a reader must make of it."""

    path: Path
    name: str
    provider: str
    strategy: str
    now: datetime
    context: dict[str, Any]
    exchanges: tuple[Exchange, ...]
    expected: dict[str, Any]

    @property
    def first(self) -> Exchange:
        return self.exchanges[0]

    def header(self, name: str) -> str | None:
        """Return the first value of a request header over all exchanges."""
        return next((value for each in self.exchanges if (value := each.headers.get(name))), None)


def load(path: Path) -> Case:
    """Read a case; anything unknown in it is left alone."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Case(
        path=path,
        name=f"{raw['provider']}/{raw['case']}",
        provider=raw["provider"],
        strategy=raw.get("strategy", ""),
        now=datetime.fromisoformat(raw["now"]),
        context=raw.get("context") or {},
        exchanges=tuple(_exchange(each) for each in (raw, *(raw.get("also") or ()))),
        expected=raw["expected"],
    )


def cases(directory: Path) -> Iterator[Case]:
    """Read every case below *directory*; sample credentials are none."""
    for path in sorted(directory.rglob("*.json")):
        if "credentials" not in path.relative_to(directory).parts:
            yield load(path)


def _exchange(raw: dict[str, Any]) -> Exchange:
    request, response = raw["request"], raw["response"]
    return Exchange(
        method=request["method"],
        url=request["url"],
        query={name: str(value) for name, value in (request.get("query") or {}).items()},
        headers={name.lower(): value for name, value in (request.get("headers") or {}).items()},
        body=request.get("body"),
        status=response["status"],
        answer_headers=response.get("headers") or {},
        answer=response.get("body"),
    )

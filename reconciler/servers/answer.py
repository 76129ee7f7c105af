from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from reconciler.jsontypes import Json, JsonObject
from reconciler.text import printable


LONGEST_TEXT = 300  # characters; longer names, versions and messages of a server are cut


@dataclass(frozen=True, slots=True)
class Request:
    """One question: an HTTP request below the server's base address, or a file that it says it serves from.

    For `FILE` the *path* is one of this machine, asked of servers on loopback only.
    """

    method: Literal["GET", "POST", "FILE"]
    path: str
    body: JsonObject | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; *trouble* says why nothing useful did. Header names are in lower case."""

    status: int = 0
    http_version: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str | None = None

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def server(self) -> str:
        return self.headers.get("server", "")

    @property
    def json(self) -> JsonObject | None:
        """Return the JSON object of the body; web apps answer any path with a page, so nothing else counts."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def fine(self) -> JsonObject | None:
        """Return the JSON object of a 200, None of anything else."""
        return self.json if self.status == 200 else None  # noqa: PLR2004  HTTP's own number

    def __str__(self) -> str:
        if self.trouble:
            return self.trouble
        return f"{self.status}, {len(self.body)} bytes"


T = TypeVar("T")
Dialogue = Generator[tuple[Request, ...], tuple[Answer, ...], T]
"""A conversation without its wire: it yields requests that may go out together and is sent their answers."""


def get(path: str) -> Dialogue[Answer]:
    answers = yield (Request("GET", path),)
    return answers[0]


def get_all(*paths: str) -> Dialogue[tuple[Answer, ...]]:
    return (yield tuple(Request("GET", path) for path in paths))


def read(path: str) -> Dialogue[JsonObject]:
    """Read a JSON file of this machine; nothing where there is none."""
    answers = yield (Request("FILE", path),)
    return answers[0].json or {}


def mapping(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def objects(value: Json) -> tuple[JsonObject, ...]:
    """Return the objects in a list; null, numbers and whatever else a stranger sends are nothing."""
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def texts(value: Json) -> tuple[str, ...]:
    """Return the texts in a list, each safe to print."""
    return tuple(filter(None, map(text, value))) if isinstance(value, list) else ()


def text(value: Json) -> str | None:
    """Return a text that is safe to print and not empty."""
    return printable(value, at_most=LONGEST_TEXT) if isinstance(value, str) and value else None


def whole(value: Json) -> int | None:
    """Return a positive whole number that a size, a count or a context can be."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18 else None

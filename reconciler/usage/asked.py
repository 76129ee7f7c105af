"""A bounded sample of what people ask each agent, judged where it is read: only counts leave this module."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import msgspec

from reconciler.facts.model import AskedFacts
from reconciler.openclaw.home import Home
from reconciler.tasks.classify import judge_text
from reconciler.tasks.signals import signals_of
from reconciler.tasks.weights import weights
from reconciler.usage.database import newest_events
from reconciler.usage.host import HostUnreadable


SAMPLE = 40
"""Messages of each agent, the newest; judging one takes half a millisecond."""
_FILES = 12
_TAIL = 256 * 1024  # bytes at the end of each session file
_EVENTS = 2_000  # of each agent's database
_USER = re.compile(rb'"role"\s*:\s*"user"')
_MACHINE = re.compile(
    r"\s*(?:\[cron:|\[OpenClaw|Read HEARTBEAT\.md|System:|/[a-z]|A new session was started|Pre-compaction)"
)
_METADATA = re.compile(r"[A-Z][\w ]{1,60}\(untrusted[^)\n]{0,40}\):\s*```json\n.{0,4000}?```\s*", re.DOTALL)
_ENVELOPE = re.compile(r"\A\s*\[[^\]\n]{1,200}\]\s*")


class _Part(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None


class _Provenance(msgspec.Struct, gc=False):
    kind: str | None = None
    sourceTool: str | None = None  # noqa: N815 -- the host's name


class _Message(msgspec.Struct, gc=False):
    role: str = ""
    content: str | list[_Part] = ""
    provenance: _Provenance | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    message: _Message | None = None


_events = msgspec.json.Decoder(_Event)


def asked(home: Home, problems: list[str]) -> Mapping[str, AskedFacts]:
    """Return by agent what the newest messages of people to it ask for; what cannot be read is a problem.

    A message that holds no word of our list ("thanks") decides nothing and is left out.
    """
    found: dict[str, AskedFacts] = {}
    for folder in sorted((home.state_dir / "agents").glob("*/")):
        try:
            judged = _judged(islice(_people(_lines(folder)), SAMPLE))
        except (OSError, HostUnreadable) as error:
            problems.append(f"what agent {folder.name} was asked cannot be read: {error}")
            continue
        if judged.messages:
            found[folder.name] = judged
    return found


def _judged(messages: Iterator[tuple[str, bool]]) -> AskedFacts:
    kinds: Counter[str] = Counter()
    doubtful = pictures = 0
    for text, picture in messages:
        task = judge_text(text, weights("interactive"))
        kinds[task.kind] += 1
        doubtful += bool(task.rivals)
        pictures += picture
    return AskedFacts(
        messages=kinds.total(), kinds=dict(sorted(kinds.items())), doubtful=doubtful, pictures=pictures
    )


def _people(lines: Iterator[bytes]) -> Iterator[tuple[str, bool]]:
    """Yield text, and whether a picture came with it, of the messages that a person wrote."""
    for line in lines:
        if not _USER.search(line):
            continue
        try:
            message = _events.decode(line).message
        except (msgspec.DecodeError, RecursionError):
            continue
        if message is None or message.role != "user" or _by_machine(message.provenance):
            continue
        parts = [_Part("text", message.content)] if isinstance(message.content, str) else message.content
        text = _bare("\n".join(part.text for part in parts if part.type == "text" and part.text))
        if text and signals_of(text).words:
            yield text, any(part.type == "image" for part in parts)


def _by_machine(source: _Provenance | None) -> bool:
    return source is not None and bool(source.sourceTool or (source.kind or "").startswith("inter"))


def _bare(text: str) -> str | None:
    """Return what the person wrote without what OpenClaw puts around it, None where a machine wrote it."""
    if _MACHINE.match(text):
        return None
    bare = _ENVELOPE.sub("", _METADATA.sub("", text), count=1)
    return None if _MACHINE.match(bare) else bare.strip()


def _lines(folder: Path) -> Iterator[bytes]:
    """Yield lines of an agent's transcripts, the newest first."""
    for path in _newest(folder / "sessions"):
        yield from reversed(_tail(path))
    database = folder / "agent" / "openclaw-agent.sqlite"
    if database.exists():
        yield from newest_events(database, _EVENTS)


def _newest(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        files = [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
            for entry in entries
            if entry.name.endswith(".jsonl") and entry.is_file(follow_symlinks=False)
        ]
    return [Path(path) for _, path in sorted(files, reverse=True)[:_FILES]]


def _tail(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        lines = file.read(_TAIL).splitlines()
    return lines[1:] if size > _TAIL else lines

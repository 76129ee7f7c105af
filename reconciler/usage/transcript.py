"""The meaning of a transcript's lines, the same in the files of early 2026 and in the databases since 2026.8."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b

import msgspec

from reconciler.ledger.moments import to_ms
from reconciler.ledger.usage import Dimension, Mark, Row


_BYTES_PER_TOKEN = 4  # the usual rule of thumb for English text
_MIRROR = "openclaw"  # provider of messages that OpenClaw copies into a transcript itself; no model was asked
_JOB = re.compile(
    rb'^\s*(?:\[\s*\{\s*"type"\s*:\s*"text"\s*,\s*"text"\s*:\s*)?"\[cron:([0-9A-Za-z-]{1,64})[ \]]'
)
_HEARTBEAT = re.compile(
    rb'^\s*(?:\[\s*\{\s*"type"\s*:\s*"text"\s*,\s*"text"\s*:\s*)?"(?:Read HEARTBEAT\.md|\[OpenClaw heartbeat)'
)
_LATEST_MS = 253_402_300_800_000  # the year 10000
_MOST = 2**53

Number = int | float | None


class _Cost(msgspec.Struct, gc=False):
    total: Number = None


class _Usage(msgspec.Struct, gc=False):
    input: Number = None
    output: Number = None
    cacheRead: Number = None  # noqa: N815 -- the host's names
    cacheWrite: Number = None  # noqa: N815
    totalTokens: Number = None  # noqa: N815
    cost: _Cost | None = None


class _Provenance(msgspec.Struct, gc=False):
    sourceTool: str | None = None  # noqa: N815
    jobId: str | None = None  # noqa: N815


class _Message(msgspec.Struct, gc=False):
    role: str = ""
    provider: str | None = None
    model: str | None = None
    usage: _Usage | None = None
    timestamp: Number | str = None
    stopReason: str | None = None  # noqa: N815
    content: msgspec.Raw = msgspec.Raw()
    provenance: _Provenance | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    id: str | int | None = None
    timestamp: Number | str = None
    customType: str | None = None  # noqa: N815
    data: msgspec.Raw = msgspec.Raw()
    provider: str | None = None
    modelId: str | None = None  # noqa: N815
    message: _Message | None = None


class _Model(msgspec.Struct, gc=False):
    provider: str | None = None
    modelId: str | None = None  # noqa: N815


class _Tried(msgspec.Struct, gc=False):
    provider: str
    model: str
    at: int
    id: str


class Carry(msgspec.Struct):
    """What the lines so far mean for the next: the model in force, whose turn it is, the size of the conversation."""

    provider: str = ""
    model: str = ""
    job: str = ""
    kind: str = "chat"
    open: bool = False
    at: int | None = None
    context: int = 0
    tried: _Tried | None = None


_events = msgspec.json.Decoder(_Event)
_models = msgspec.json.Decoder(_Model)
_carries = msgspec.json.Decoder(Carry)


class Transcript:
    """Collects the rows of one session; their dimension counts in *dimensions*, which several sessions may share."""

    def __init__(self, agent: str, carry: str, dimensions: dict[Dimension, int]) -> None:
        self.rows: list[Row] = []
        self.unreadable = 0
        self._agent = agent
        self._carry = _carries.decode(carry) if carry else Carry()
        self._dimensions = dimensions

    def carry(self) -> str:
        """Return what a later reader of the same session must know of the lines so far."""
        return msgspec.json.encode(self._carry).decode()

    def read(self, line: bytes) -> None:
        """Take one line; one that cannot be understood is counted as unreadable and otherwise ignored."""
        try:
            event = _events.decode(line)
        except (msgspec.DecodeError, RecursionError):
            self.unreadable += 1
            return
        if event.message is not None and event.type == "message":
            self._message(event, event.message, line)
        elif event.type == "custom" and event.customType == "model-snapshot":
            self._snapshot(event)
        elif event.type == "model_change":
            self._choose(event.provider, event.modelId)
        elif event.type == "compaction":
            self._carry.context = 0

    def _choose(self, provider: str | None, model: str | None) -> None:
        self._carry.provider = provider or self._carry.provider
        self._carry.model = model or self._carry.model

    def _snapshot(self, event: _Event) -> None:
        """Note the model that is tried next; one tried before it in the same turn without an answer has failed.

        OpenClaw since 2026.8 records nothing else of a failed model when a fallback then answers.
        """
        try:
            chosen = _models.decode(event.data)
        except msgspec.DecodeError:
            self.unreadable += 1
            return
        self._choose(chosen.provider, chosen.modelId)
        carry, at = self._carry, _moment(event.timestamp)
        before = carry.tried
        if before and (before.provider, before.model) != (carry.provider, carry.model):
            key = digest_key(before.id, before.provider, before.model, 0, 0, 0, 0)
            marks = Mark.FAILED | Mark.INFERRED
            self._row((before.provider, before.model), before.at, key, marks, (0, 0, 0, 0, 0))
        if at is not None:
            carry.tried = _Tried(carry.provider, carry.model, at, str(event.id))

    def _message(self, event: _Event, message: _Message, line: bytes) -> None:
        carry = self._carry
        at = _moment(message.timestamp)
        if at is None:
            at = _moment(event.timestamp)
        if at is not None:
            carry.at = at
        if message.role == "assistant":
            if message.provider != _MIRROR:
                self._answer(event, message, line)
            return
        if message.role == "user":
            self._turn(message)
        carry.context += len(bytes(message.content)) // _BYTES_PER_TOKEN

    def _turn(self, message: _Message) -> None:
        """Begin a turn, and tell whether a job, a heartbeat or a person began it."""
        carry, content = self._carry, bytes(message.content)
        source = message.provenance
        carry.open, carry.job, carry.kind = True, "", "chat"
        if found := _JOB.match(content):
            carry.kind, carry.job = "cron", found[1].decode()
        elif source and source.sourceTool in {"cron", "heartbeat"}:
            carry.kind = source.sourceTool
        elif _HEARTBEAT.match(content):
            carry.kind = "heartbeat"
        if source and source.sourceTool == "cron":
            carry.job = source.jobId or carry.job

    def _answer(self, event: _Event, message: _Message, line: bytes) -> None:
        carry = self._carry
        carry.tried = None
        if carry.at is None:
            self.unreadable += 1  # a request of no known time belongs into no window
            return
        tokens, nanodollars = _counted(message.usage)
        provider, model = message.provider or carry.provider, message.model or carry.model
        name = str(event.id) if event.id is not None else blake2b(line, digest_size=8).hexdigest()
        key = digest_key(name, provider, model, *tokens)
        marks = Mark.FAILED if message.stopReason == "error" else 0
        reported = sum(tokens)
        size = len(bytes(message.content)) // _BYTES_PER_TOKEN
        if reported:
            carry.context = reported
        elif not marks:
            tokens = (carry.context, max(size, 1), 0, 0)
            marks |= Mark.ESTIMATED
            carry.context += size
        if sum(tokens) and not nanodollars:
            marks |= Mark.UNPRICED
        if carry.open and not marks & Mark.FAILED:
            marks |= Mark.OPENS
            carry.open = False
        self._row((provider, model), carry.at, key, marks, (*tokens, nanodollars))

    def _row(
        self, asked: tuple[str, str], at: int, key: int, marks: int, counts: tuple[int, int, int, int, int]
    ) -> None:
        dimension = Dimension(*asked, self._agent, self._carry.job, self._carry.kind)
        index = self._dimensions.setdefault(dimension, len(self._dimensions))
        self.rows.append(Row(at, key, index, marks, 1, *counts))


def _counted(usage: _Usage | None) -> tuple[tuple[int, int, int, int], int]:
    """Return input, output, cache read and cache write tokens, and nanodollars.

    Tokens that only the total tells of count as output: the host leaves out what was thought, not what was asked.
    """
    if usage is None:
        return (0, 0, 0, 0), 0
    into, out = _whole(usage.input), _whole(usage.output)
    read, write = _whole(usage.cacheRead), _whole(usage.cacheWrite)
    out += max(0, _whole(usage.totalTokens) - into - out - read - write)
    cost = usage.cost.total if usage.cost else None
    return (into, out, read, write), _whole(cost * 1e9 if cost else None)


def _whole(number: Number) -> int:
    return round(number) if number is not None and 0 < number < _MOST else 0


def _moment(stamp: Number | str) -> int | None:
    """Return ms since 1970, None where the host wrote no time that can be one."""
    if isinstance(stamp, str):
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return None
        return to_ms(moment) if moment.tzinfo else None
    if stamp is None or not 0 < stamp < _LATEST_MS:
        return None
    return int(stamp)


def digest_key(*parts: str | int) -> int:
    """Digest what makes a message itself, wherever a copy of it stands, to a signed 64-bit number."""
    text = "\0".join(map(str, parts)).encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)

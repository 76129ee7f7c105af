from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path


SIZE = 1_000_000_000
"""Bytes of transcripts of a busy home: some 1,700 sessions of chats and jobs, every message once."""
_SESSION = 600_000  # bytes
_AGENTS = ("main", "coder", "researcher")
_MODELS = (("anthropic", "claude-opus-4-6"), ("openai", "gpt-5.4"), ("ollama", "qwen3:8b"))
_BEGIN = 1_790_000_000_000  # ms, in September 2026
_WORDS = (
    "the build of yesterday evening failed twice because one dependency moved and nobody had pinned it to a version; "
    "after the rollback the tests passed again and the report was sent to everybody on the list of people who asked. "
) * 100


def generate(folder: Path, size: int = SIZE) -> None:
    """Write the same home every time: session files of early 2026, some of them deleted or reset since."""
    chance = random.Random(11)
    written, number = 0, 0
    while written < size:
        agent = chance.choice(_AGENTS)
        session = f"{number:08x}-0000-4000-8000-000000000000"
        name = f"{session}.jsonl{('', '', '', '.deleted.1790000000000', '.reset.2026-09-21T00-00-00.000Z')[number % 5]}"
        path = folder / "agents" / agent / "sessions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(_session(session, number, min(_SESSION, size - written), chance))
        path.write_text(lines)
        written += len(lines)
        number += 1


def _session(session: str, number: int, size: int, chance: random.Random) -> Iterator[str]:
    provider, model = chance.choice(_MODELS)
    at = _BEGIN + number * 3_000_000
    head = (
        f'{{"type":"session","version":3,"id":"{session}","timestamp":"{_iso(at)}","cwd":"/home/user/ws"}}\n'
        f'{{"type":"model_change","id":"m","parentId":null,"timestamp":"{_iso(at)}","provider":"{provider}","modelId":"{model}"}}\n'
    )
    yield head
    written, turn = len(head), 0
    while written < size:
        text = _turn(turn, at + turn * 1500, number, (provider, model), chance)
        yield text
        written += len(text)
        turn += 1


def _turn(turn: int, at: int, number: int, asked: tuple[str, str], chance: random.Random) -> str:
    """Write a question, and what it takes to answer it: about two requests and one result of a tool."""
    job = f"[cron:{number % 40:08x}-1111-4000-8000-000000000000 Job {number % 40}] " if number % 2 else ""
    lines = [
        _line(
            turn, 0, at, f'"role":"user","content":[{{"type":"text","text":"{job}{_text(chance, 60, 300)}"}}]'
        )
    ]
    steps = chance.randint(1, 3)
    for step in range(1, steps + 1):
        lines.append(_line(turn, 2 * step, at + 10 * step, _answer(asked, step == steps, chance)))
        if step < steps:
            result = f'"role":"toolResult","toolCallId":"call_{turn}","toolName":"exec","content":[{{"type":"text","text":"{_text(chance, 100, 8000)}"}}]'
            lines.append(_line(turn, 2 * step + 1, at + 10 * step + 5, result))
    return "".join(lines)


def _line(turn: int, part: int, at: int, message: str) -> str:
    return (
        f'{{"type":"message","id":"{turn * 16 + part:08x}","parentId":"{turn * 16 + part - 1:08x}",'
        f'"timestamp":"{_iso(at)}","message":{{{message},"timestamp":{at}}}}}\n'
    )


def _answer(asked: tuple[str, str], last: bool, chance: random.Random) -> str:  # noqa: FBT001 -- the last step
    into, out, read, write = (chance.randint(*span) for span in ((10, 9000), (5, 900), (0, 90000), (0, 3000)))
    content = f'{{"type":"text","text":"{_text(chance, 40, 500)}"}}'
    if not last:
        content = f'{{"type":"toolCall","id":"call","name":"exec","arguments":{{"command":"{_text(chance, 20, 120)}"}}}}'
    return (
        f'"role":"assistant","content":[{content}],"api":"openai-completions","provider":"{asked[0]}","model":"{asked[1]}",'
        f'"usage":{{"input":{into},"output":{out},"cacheRead":{read},"cacheWrite":{write},"totalTokens":{into + out + read + write},'
        f'"cost":{{"input":0.01,"output":0.002,"cacheRead":0.003,"cacheWrite":0,"total":0.015}}}},"stopReason":"{"stop" if last else "toolUse"}"'
    )


def _text(chance: random.Random, low: int, high: int) -> str:
    begin = chance.randrange(1000)
    return _WORDS[begin : begin + chance.randint(low, high)]


def _iso(at: int) -> str:
    seconds, ms = divmod(at - _BEGIN, 1000)
    days, rest = divmod(seconds, 86_400)
    return f"2026-{9 + days // 28:02}-{1 + days % 28:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.{ms:03}Z"

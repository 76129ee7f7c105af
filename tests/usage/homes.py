"""OpenClaw homes of both eras, built from recorded transcripts and run histories."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import zstandard

from reconciler.openclaw.home import Home


FIXTURES = Path(__file__).parent / "fixtures"
_AGENTS = {"cron-job-fallbacks": "coder", "cron-named-session": "researcher", "cron-simple": "main"}
_EVENTS = """
    CREATE TABLE transcript_events (
        session_id TEXT NOT NULL, seq INTEGER NOT NULL, event_json TEXT, created_at INTEGER NOT NULL,
        event_zstd BLOB, event_utf8_bytes INTEGER, navigation_json TEXT, PRIMARY KEY (session_id, seq)
    )
"""


def home_in(folder: Path) -> Home:
    return Home(folder / "openclaw.json", folder)


def session_file(folder: Path, name: str, agent: str = "main") -> Path:
    path = folder / "agents" / agent / "sessions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def early_home(folder: Path) -> Home:
    """Build a home of 2026.3: session files, and a run log for each job."""
    for source in (FIXTURES / "early").glob("*.jsonl"):
        name, session, _ = source.name.split(".")
        shutil.copy(source, session_file(folder, f"{session}.jsonl", _AGENTS.get(name, "researcher")))
    shutil.copytree(FIXTURES / "early" / "runs", folder / "cron" / "runs")
    return home_in(folder)


def modern_home(folder: Path) -> Home:
    """Build a home of 2026.9: a database of transcripts for each agent, and the gateway's with the runs."""
    for entry in json.loads((FIXTURES / "modern" / "index.json").read_text()):
        lines = (FIXTURES / "modern" / entry["file"]).read_bytes().splitlines()
        add_events(folder, entry["agentId"], entry["session_id"], lines, set(entry["zstd_compressed_seqs"]))
    path = folder / "state" / "openclaw.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        for name in ("task_runs.schema.sql", "task_runs.sql"):
            database.executescript((FIXTURES / "modern" / name).read_text())
        database.commit()
    return home_in(folder)


def add_events(
    folder: Path,
    agent: str,
    session: str,
    lines: list[bytes],
    packed: set[int] = frozenset(),  # type: ignore[assignment]
) -> Path:
    path = folder / "agents" / agent / "agent" / "openclaw-agent.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute(_EVENTS.replace("TABLE", "TABLE IF NOT EXISTS"))
        (begin,) = database.execute(
            "SELECT coalesce(max(seq) + 1, 0) FROM transcript_events WHERE session_id = ?", (session,)
        ).fetchone()
        for seq, line in enumerate(lines, begin):
            zstd = zstandard.compress(line) if seq in packed else None
            text = None if zstd else line.decode()
            database.execute(
                "INSERT INTO transcript_events VALUES (?, ?, ?, 0, ?, ?, '{}')",
                (session, seq, text, zstd, len(line)),
            )
        database.commit()
    return path


def answer(number: int, **message: object) -> bytes:
    """Return the line of an assistant message; everything about it follows from its *number*."""
    document = {
        "type": "message",
        "id": f"{number:08x}",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": "Done."}],
            "provider": "acme",
            "model": "smart-large",
            "usage": {
                "input": 100 + number,
                "output": 10,
                "cacheRead": 1000,
                "cacheWrite": 5,
                "totalTokens": 1115 + number,
                "cost": {"total": 0.001},
            },
            "stopReason": "stop",
            "timestamp": 1795435200000 + number * 1000,
            **message,
        },
    }
    return json.dumps(document).encode()


def question(text: str, **message: object) -> bytes:
    return json.dumps(
        {"type": "message", "id": "q", "message": {"role": "user", "content": text, **message}}
    ).encode()


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path

from __future__ import annotations

import json
from pathlib import Path

from reconciler.openclaw.home import Home
from reconciler.openclaw.host import JobChoice, choice_of
from reconciler.openclaw.live import LiveHost
from reconciler.openclaw.recording import RecordingHost
from tests.openclaw.fake_cron import cron_job


def recording(tmp_path: Path, told: list[str]) -> RecordingHost:
    """Wrap a home whose gateway is stopped."""
    (tmp_path / "openclaw.json").write_text("{ gateway: { port: 9 } }")
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(json.dumps({"jobs": [cron_job("j1", "In\x1bbox")]}))
    live = LiveHost(Home(tmp_path / "openclaw.json", tmp_path), {}, device_dir=tmp_path / "device")
    return RecordingHost(live, told.append)


def test_a_rehearsal_reads_the_real_host(tmp_path: Path) -> None:
    found = recording(tmp_path, []).read()

    assert ["j1"] == [job.id for job in found.jobs.jobs]
    assert "jobs.json" == found.jobs_from


def test_each_write_becomes_a_line_and_the_answer_is_as_if_it_was_done(tmp_path: Path) -> None:
    told: list[str] = []
    host = recording(tmp_path, told)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    wanted = JobChoice("ollama/qwen3:8b", ("openai/gpt-5.4",))

    host.write_file(tmp_path / "openclaw.json", b"{}", expected_sha256="0123456789abcdef")
    written = host.write_job(host.read().jobs.jobs[0], wanted)

    assert [
        f"would write {tmp_path / 'openclaw.json'}, 2 bytes in the place of 0123456789ab",
        "would write job In\\x1bbox (j1): ollama/qwen3:8b → openai/gpt-5.4",
    ] == told
    assert wanted == choice_of(written)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.json")}

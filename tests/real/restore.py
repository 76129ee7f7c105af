from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.openclaw.gateway_errors import RpcError
from tests.real.home import OpenClaw, Snapshot


RELOAD_SECONDS = 5.0
PATCHABLE = ("name", "description", "enabled", "schedule", "wakeMode")


@dataclass(frozen=True)
class Pristine:
    """A home as it was built, and what is needed to make it so again."""

    snapshot: Snapshot
    config_hash: str
    store: Path

    @classmethod
    def of(cls, openclaw: OpenClaw) -> Pristine:
        store = openclaw.home / "pristine-store"
        _copy_store(live_store(openclaw), store)
        return cls(openclaw.snapshot(), openclaw.rpc("config.get")["hash"], store)

    def restore(self, openclaw: OpenClaw) -> None:
        """Undo what a test did: by RPC where that is exact, else with the store itself and a restart."""
        if openclaw.config_path.read_bytes() != self.snapshot.config:
            self._write_config(openclaw)
        if self._jobs_differ(openclaw):
            self._repair(openclaw)
        if self._jobs_differ(openclaw):
            openclaw.stop()
            _copy_store(self.store, live_store(openclaw))
            openclaw.start()
        assert ours(self.snapshot.jobs) == ours(openclaw.snapshot().jobs)

    def _jobs_differ(self, openclaw: OpenClaw) -> bool:
        return ours(self.snapshot.jobs) != ours(openclaw.snapshot().jobs)

    def _write_config(self, openclaw: OpenClaw) -> None:
        """Replace the file and wait for the reload; an early gateway is silent where only comments changed."""
        reloads = openclaw.log_tail().count("[reload] config")
        candidate = openclaw.config_path.with_suffix(".pristine")
        candidate.write_bytes(self.snapshot.config)
        candidate.chmod(0o600)
        candidate.replace(openclaw.config_path)
        end = time.monotonic() + RELOAD_SECONDS

        def applied() -> bool:
            config = openclaw.rpc("config.get")
            if openclaw.modern:
                return bool(
                    config["hash"] == self.config_hash
                    and config["appliedConfigHash"] == config["configRevisionHash"]
                )
            return openclaw.log_tail().count("[reload] config") != reloads or time.monotonic() > end

        openclaw.wait_until(applied, seconds=60, what="the configuration to be reloaded")

    def _repair(self, openclaw: OpenClaw) -> None:
        now = openclaw.snapshot().jobs
        try:
            for job_id in ours(now).keys() - self.snapshot.jobs.keys():
                openclaw.rpc("cron.remove", {"id": job_id})
            for job_id, patch in _patches(now, self.snapshot.jobs):
                openclaw.rpc("cron.update", {"id": job_id, "patch": patch})
        except RpcError:
            return  # a limit of the gateway, or something that it takes back from nobody: the store will tell


def _patches(
    now: Mapping[str, Mapping[str, Any]], then: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for job_id in ours(now).keys() & then.keys():
        was, is_ = then[job_id], now[job_id]
        if was == is_:
            continue
        patch = {key: was[key] for key in PATCHABLE if key in was and was[key] != is_.get(key)}
        if was["payload"] != is_["payload"]:
            patch["payload"] = {**dict.fromkeys(is_["payload"]), **was["payload"]}
        yield job_id, patch


def ours(jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the jobs that OpenClaw did not make for itself: those change when it likes."""
    return {job_id: job for job_id, job in jobs.items() if not job.get("declarationKey")}


def live_store(openclaw: OpenClaw) -> Path:
    early, modern = (
        openclaw.state_dir / "cron" / "jobs.json",
        openclaw.state_dir / "state" / "openclaw.sqlite",
    )
    return modern if openclaw.modern else early


def _copy_store(source: Path, target: Path) -> None:
    """Copy a `jobs.json`, or a database that may be in use, in one consistent state."""
    if source.read_bytes()[:6] != b"SQLite":
        target.write_bytes(source.read_bytes())
        return
    for leftover in ("", "-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)

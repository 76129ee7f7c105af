from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from reconciler.errors import ReconcilerError, Refused
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.atomic import replace_file
from reconciler.openclaw.bounded import read_bytes
from reconciler.openclaw.endpoint import find_gateway
from reconciler.openclaw.gateway import ADMIN, READ, Gateway, GatewayAddress, connect
from reconciler.openclaw.gateway_errors import (
    GatewayClosed,
    GatewayError,
    GatewayTimeout,
    GatewayUnreachable,
    RpcError,
)
from reconciler.openclaw.home import Home
from reconciler.openclaw.host import (
    GatewayNeeded,
    JobChoice,
    JobsFrom,
    KnownModel,
    Snapshot,
    Unconfirmed,
)
from reconciler.openclaw.hostmodels import list_models
from reconciler.openclaw.jobs import Job, JobList
from reconciler.openclaw.jobstore import JobStore, StoreKind, find_store, list_jobs
from reconciler.openclaw.jobwriter import Patience, find_job, update_by_gateway, update_in_file
from reconciler.openclaw.oracle import check_candidate
from reconciler.openclaw.reload import rejected
from reconciler.openclaw.source import ConfigSource, read_config


_TIMEOUT = 15.0  # seconds for one call; the slowest that was measured, config.patch, took 2.4
_OFFLINE: Mapping[StoreKind, JobsFrom] = {
    StoreKind.NONE: "none",
    StoreKind.JOBS_JSON: "jobs.json",
    StoreKind.SQLITE: "sqlite",
}


class LiveHost:
    """The OpenClaw of this machine: its files, and its gateway where one runs.

    Reading asks for `operator.read` alone; the connection that may write is opened by the first
    write. Leave the host as a context manager.
    """

    def __init__(
        self,
        home: Home,
        environ: Mapping[str, str],
        *,
        device_dir: Path,
        pause: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._home = home
        self._environ = environ
        self._device_dir = device_dir
        self._patience = Patience(pause, tell)
        self._open = ExitStack()
        self._admin: Gateway | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def id(self) -> str:
        """The identity of this host: where its configuration and its state are.

        Not the machine's name, which changes with the network or at each start of a container.
        """
        place = "\n".join(map(os.path.realpath, (self._home.config_path, self._home.state_dir)))
        return "host-" + hashlib.sha256(place.encode()).hexdigest()[:16]

    def read(self) -> Snapshot:
        source = self._read_config()
        address = self._address(source.value)
        try:
            with connect(address, {READ}, device_dir=self._device_dir, timeout=_TIMEOUT) as gateway:
                return self._snapshot(
                    source,
                    jobs=list_jobs(gateway.call),
                    jobs_from="gateway",
                    version=gateway.server_version,
                    models=list_models(gateway, self._patience),
                    quota=_usage_status(gateway),
                )
        except GatewayUnreachable:
            return self._offline(source)

    def quota(self) -> JsonObject:
        """Return what the gateway itself knows of quotas; nothing where none answers."""
        address = self._address(self._read_config().value)
        try:
            with connect(address, {READ}, device_dir=self._device_dir, timeout=_TIMEOUT) as gateway:
                return _usage_status(gateway)
        except GatewayUnreachable:
            return {}

    def write_file(self, path: Path, new: bytes, *, expected_sha256: str) -> None:
        def check(candidate: Path) -> None:
            if path == self._home.config_path:
                check_candidate(candidate, self._environ)

        old = read_bytes(path)
        replace_file(path, new, expected_sha256=expected_sha256, validate=check)
        if (issues := self._rejected()) is not None:
            replace_file(path, old, expected_sha256=hashlib.sha256(new).hexdigest())
            raise Refused(
                "the gateway finds the new configuration invalid, so the old one was put back",
                evidence=issues,
                hint="see what it says of the present file: openclaw config validate",
            )

    def _rejected(self) -> tuple[str, ...] | None:
        """Wait until the gateway took the configuration over, and return what it finds wrong with it, if anything."""
        try:
            address = self._address(self._read_config().value)
            with connect(address, {READ}, device_dir=self._device_dir, timeout=_TIMEOUT) as gateway:
                return rejected(gateway, self._patience)
        except GatewayUnreachable:
            return None
        except GatewayError as error:  # the file is written all the same, and is valid as far as we can tell
            self._patience.tell(
                f"whether the gateway took the configuration over is unknown: {error.problem}"
            )
            return None

    def write_job(self, job: Job, wanted: JobChoice) -> Job:
        store = find_store(self._home.state_dir)
        gateway = self._writer(store)
        if gateway is None:
            update_in_file(store, job, wanted)
            return find_job(job, store.read())
        try:
            update_by_gateway(gateway, job, wanted, self._patience)
        except (GatewayTimeout, GatewayClosed):
            self._admin = None  # reading back tells whether it was written
        return self._read_back(job, store)

    def _read_back(self, job: Job, store: JobStore) -> Job:
        try:
            reader = self._admin or self._writer(store)
            listed = list_jobs(reader.call) if reader else store.read()
        except ReconcilerError as error:
            raise Unconfirmed(
                f"whether the job {job.id} was written is unknown: {error.problem}",
                hint="look at it: openclaw cron list --all --json",
            ) from error
        return find_job(job, listed)

    def _read_config(self) -> ConfigSource:
        if _is_gone(self._home.config_path):
            raise ReconcilerError(
                f"no OpenClaw configuration at {self._home.config_path}",
                hint="install OpenClaw, or point OPENCLAW_CONFIG_PATH or OPENCLAW_STATE_DIR at it",
            )
        roots = self._environ.get("OPENCLAW_INCLUDE_ROOTS", "")
        return read_config(
            self._home.config_path,
            include_roots=[Path(root) for root in roots.split(os.pathsep) if root],
        )

    def _address(self, config: JsonObject) -> GatewayAddress:
        found = find_gateway(config, self._environ, self._home)
        if urlsplit(found.url).hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise ReconcilerError(
                f"the gateway is on another machine ({found.source} is {found.url})",
                hint="run tactician on the machine of the gateway, next to its openclaw.json",
            )
        token, password = found.token, found.password
        return GatewayAddress(
            found.url, token.reveal() if token else None, password.reveal() if password else None
        )

    def _snapshot(
        self,
        source: ConfigSource,
        *,
        jobs: JobList,
        jobs_from: JobsFrom,
        version: str | None,
        models: tuple[KnownModel, ...] = (),
        quota: JsonObject | None = None,
        problems: tuple[str, ...] = (),
    ) -> Snapshot:
        return Snapshot(
            id=self.id,
            label=f"{self._home.config_path} on {platform.node()}",
            source=source,
            jobs=jobs,
            jobs_from=jobs_from,
            version=version,
            models=models,
            quota=quota or {},
            problems=problems,
        )

    def _offline(self, source: ConfigSource) -> Snapshot:
        store = find_store(self._home.state_dir)
        meta = source.value.get("meta")
        touched = meta.get("lastTouchedVersion") if isinstance(meta, Mapping) else None
        return self._snapshot(
            source,
            jobs=store.read(),
            jobs_from=_OFFLINE[store.kind],
            version=touched if isinstance(touched, str) else None,
            problems=(
                "no gateway answers: jobs are as their store has them, and available models are unknown",
            ),
        )

    def _writer(self, store: JobStore) -> Gateway | None:
        """Return the connection that may write, None where no gateway runs and the store is ours to write."""
        if self._admin is not None:
            return self._admin
        address = self._address(self._read_config().value)
        try:
            gateway = connect(address, {READ, ADMIN}, device_dir=self._device_dir, timeout=_TIMEOUT)
        except GatewayUnreachable:
            if store.kind is StoreKind.JOBS_JSON:
                return None
            raise GatewayNeeded from None
        self._admin = self._open.enter_context(gateway)
        return gateway


def _usage_status(gateway: Gateway) -> JsonObject:
    """Ask what OpenClaw itself knows of quotas; one that does not tell is no reason to stop."""
    try:
        return gateway.call("usage.status")
    except RpcError:
        return {}


def _is_gone(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:
        return False  # reading it will tell why

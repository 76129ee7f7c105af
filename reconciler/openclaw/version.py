from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, IntEnum


class Stage(IntEnum):
    """How a release is marked: `-alpha.1` and `-beta.1` come before it, a correction `-1` after it."""

    ALPHA = -2
    BETA = -1
    STABLE = 0
    CORRECTION = 1


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """An OpenClaw release: year, month, patch within the month (not a day; `.33` exists)."""

    year: int
    month: int
    patch: int
    stage: Stage = Stage.STABLE
    sequence: int = 0

    def __str__(self) -> str:
        mark = {Stage.STABLE: "", Stage.CORRECTION: f"-{self.sequence}"}
        return f"{self.year}.{self.month}.{self.patch}" + mark.get(
            self.stage, f"-{self.stage.name.lower()}.{self.sequence}"
        )


LEVELS = frozenset({"off", "minimal", "low", "medium", "high", "xhigh", "adaptive"})
"""The thinking levels of every release since 2026.3.22."""

_VERSION = re.compile(
    r"(?<![\w.])(?P<year>20\d\d)\.(?P<month>[1-9]|1[0-2])\.(?P<patch>[1-9]\d{0,3})"
    r"(?:-(?:(?P<label>alpha|beta)\.)?(?P<sequence>[1-9]\d{0,3}))?(?![\w.-])",
    re.ASCII,
)
_LONGEST = 200  # `openclaw --version` prints about 30 characters


def parse_version(text: str) -> Version | None:
    """Find the release in what `openclaw --version` prints or in `hello-ok.server.version`."""
    found = _VERSION.search(text[:_LONGEST])
    if found is None:
        return None
    stage = Stage.STABLE
    if found["label"]:
        stage = Stage[found["label"].upper()]
    elif found["sequence"]:
        stage = Stage.CORRECTION
    year, month, patch = (int(found[name]) for name in ("year", "month", "patch"))
    return Version(year, month, patch, stage, int(found["sequence"] or 0))


class JobsStore(Enum):
    """Where cron jobs live when the gateway is not asked."""

    JOBS_JSON = "jobs.json"
    JOBS_JSON_AND_STATE = "jobs.json with jobs-state.json"
    SQLITE = "sqlite"


class AllowlistKind(Enum):
    """What limits the models of a host; either may be absent, which allows any model."""

    MODELS_KEYS = "keys of agents.defaults.models"
    MODEL_POLICY = "agents.defaults.modelPolicy.allow"


class Roster(Enum):
    """The two ways to write agents: `agents.list` (legacy) and `agents.entries` (modern)."""

    LIST = "list"
    ENTRIES = "entries"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a release of OpenClaw does, as far as it was measured or is documented.

    Where the release that brought a change is not known exactly, and where the version itself is not known, the
    side is taken on which a wrong guess does no harm. Old gateways answer ok and drop what they do not know: read
    back each write, whatever stands here.
    """

    jobs_store: JobsStore
    """`jobs.json` was seen up to 2026.5.28, SQLite from 2026.6.1; between them and unknown: SQLite, never written.

    The separate state was seen on 2026.5.28 and not on 2026.3.22; between them it is expected.
    """

    job_fallbacks: bool
    """`cron.update` keeps `payload.fallbacks`: dropped silently on 2026.3.22, kept on 2026.6.1; from there."""

    job_clear_model: bool
    """`payload.model: null` removes the model: ignored up to 2026.6.1, honoured from 2026.6.9."""

    config_revision: bool
    """Jobs carry `configRevision` and `cron.update` takes `expectedConfigRevision`: from 2026.8.1."""

    rate_limit: bool
    """Thirty `cron.update` a minute: none up to 2026.6.1, seen on 2026.9.6; between them and unknown: limited."""

    string_model_inherits_fallbacks: bool
    """An agent's model without a list of fallbacks has those of the defaults: up to 2026.4.1.

    The change came by 2026.4.29; between them and unknown: no fallbacks, so that nobody counts on them.
    """

    cron_uses_subagents: bool
    """Isolated jobs try `subagents.model` before the agent's own: not on 2026.2.9, from 2026.3.1 and unknown."""

    job_falls_back_to_agent: bool
    """A job's model without fallbacks falls back silently to the agent's primary: seen on 2026.3.22, not on 2026.9.6.

    Between them and unknown: it does, because what it falls back to may bill money.
    """

    allowlist: AllowlistKind
    """`modelPolicy` from 2026.8.1 and unknown. It too falls back to the keys while a file is not migrated."""

    config_validate: bool
    """`openclaw config validate` exists: from 2026.3.2."""

    readable_rosters: frozenset[Roster]
    """`agents.entries` is rejected before 2026.8.1; from there, and unknown, either is read."""

    writable_rosters: frozenset[Roster]
    """The layouts whose values may be changed in place; a layout is kept as found, never converted."""

    thinking_levels: frozenset[str]
    """The levels that a job or an agent may name; `max` and `ultra` were seen on 2026.9.6 and not on 2026.3.22.

    Between them and unknown: without those two. A job takes any text and fails, or guesses, when it runs.
    """

    future_anchor_counts: bool
    """An interval whose anchor lies ahead begins there though the job ran before: 2026.9.6, not 2026.3.22.

    Between them and unknown: no, it goes on from the last run, and moving it would say what does not happen.
    """

    needs_device: bool
    """A local client without a device key gets no scopes: 2026.3.22, not 2026.6.1; between them it is expected.

    Unknown: no, because the gateway tells what it granted.
    """


def capabilities(version: Version | None) -> Capabilities:
    """Return what *version* can do; None is a host whose version nobody knows."""
    modern = _reached(version, 2026, 8, 1, unknown=True)
    rosters = frozenset(Roster) if modern else frozenset({Roster.LIST})
    return Capabilities(
        jobs_store=_jobs_store(version),
        job_fallbacks=_reached(version, 2026, 6, 1),
        job_clear_model=_reached(version, 2026, 6, 9),
        config_revision=_reached(version, 2026, 8, 1),
        rate_limit=_passed(version, 2026, 6, 1, unknown=True),
        string_model_inherits_fallbacks=not _passed(version, 2026, 4, 1, unknown=True),
        cron_uses_subagents=_reached(version, 2026, 3, 1, unknown=True),
        job_falls_back_to_agent=not _reached(version, 2026, 9, 6),
        allowlist=AllowlistKind.MODEL_POLICY if modern else AllowlistKind.MODELS_KEYS,
        config_validate=_reached(version, 2026, 3, 2),
        readable_rosters=rosters,
        writable_rosters=rosters,
        thinking_levels=LEVELS | ({"max", "ultra"} if _reached(version, 2026, 9, 6) else set()),
        future_anchor_counts=_reached(version, 2026, 9, 6),
        needs_device=not _reached(version, 2026, 6, 1, unknown=True),
    )


def _jobs_store(version: Version | None) -> JobsStore:
    if _passed(version, 2026, 5, 28, unknown=True):
        return JobsStore.SQLITE
    if _passed(version, 2026, 3, 22):
        return JobsStore.JOBS_JSON_AND_STATE
    return JobsStore.JOBS_JSON


def _reached(version: Version | None, year: int, month: int, patch: int, *, unknown: bool = False) -> bool:
    """Say whether *version* is that release or a later one; its own alphas and betas are not there yet."""
    return unknown if version is None else version >= Version(year, month, patch)


def _passed(version: Version | None, year: int, month: int, patch: int, *, unknown: bool = False) -> bool:
    """Say whether *version* is later than that release; a correction of it is not."""
    return unknown if version is None else (version.year, version.month, version.patch) > (year, month, patch)

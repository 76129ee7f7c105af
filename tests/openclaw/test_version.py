from __future__ import annotations

from dataclasses import fields

import pytest

from reconciler.openclaw.version import (
    AllowlistKind,
    Capabilities,
    JobsStore,
    Roster,
    Stage,
    Version,
    capabilities,
    parse_version,
)


NEWEST = Version(2026, 9, 6)


def switched_on(can: Capabilities) -> set[str]:
    return {field.name for field in fields(can) if getattr(can, field.name) is True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026.3.22", Version(2026, 3, 22)),
        ("OpenClaw 2026.9.6 (eb377ac)", NEWEST),
        ("2026.7.35\n", Version(2026, 7, 35)),
        ("2026.9.6-beta.1", Version(2026, 9, 6, Stage.BETA, 1)),
        ("2026.9.6-alpha.12", Version(2026, 9, 6, Stage.ALPHA, 12)),
        ("2026.3.13-1", Version(2026, 3, 13, Stage.CORRECTION, 1)),
    ],
)
def test_a_version_is_found_in_what_openclaw_prints(text: str, expected: Version | None) -> None:
    assert expected == parse_version(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dev",
        "2026.13.1",
        "2026.0.1",
        "2026.9",
        "12026.9.6",
        "2026.9.6.1",
        "2026.9.6-rc.1",
        "v2026.9.6x",
        "x " * 500 + "2026.9.6",
    ],
)
def test_what_is_no_version_is_unknown(text: str) -> None:
    assert None is parse_version(text)


def test_versions_sort_by_number_with_betas_before_and_corrections_after() -> None:
    texts = [
        "2026.2.9",
        "2026.2.10",
        "2026.9.6-alpha.2",
        "2026.9.6-beta.1",
        "2026.9.6-beta.10",
        "2026.9.6",
        "2026.9.6-1",
    ]

    versions = [parse_version(text) for text in texts]

    assert texts == [str(version) for version in sorted(v for v in reversed(versions) if v)]


def test_the_oldest_supported_release_can_little() -> None:
    can = capabilities(Version(2026, 3, 22))

    assert JobsStore.JOBS_JSON is can.jobs_store
    assert AllowlistKind.MODELS_KEYS is can.allowlist
    assert {Roster.LIST} == can.readable_rosters == can.writable_rosters
    assert {
        "string_model_inherits_fallbacks",
        "needs_device",
        "job_falls_back_to_agent",
        "cron_uses_subagents",
        "config_validate",
    } == switched_on(can)


def test_the_newest_release_can_all() -> None:
    can = capabilities(NEWEST)

    assert JobsStore.SQLITE is can.jobs_store
    assert AllowlistKind.MODEL_POLICY is can.allowlist
    assert set(Roster) == can.readable_rosters == can.writable_rosters
    assert {
        "job_fallbacks",
        "job_clear_model",
        "config_revision",
        "rate_limit",
        "config_validate",
        "cron_uses_subagents",
        "future_anchor_counts",
    } == switched_on(can)


def test_an_unknown_release_is_trusted_with_nothing() -> None:
    can = capabilities(None)

    assert JobsStore.SQLITE is can.jobs_store
    assert AllowlistKind.MODEL_POLICY is can.allowlist
    assert set(Roster) == can.readable_rosters == can.writable_rosters
    assert {"rate_limit", "cron_uses_subagents", "job_falls_back_to_agent"} == switched_on(can)


@pytest.mark.parametrize(
    ("capability", "last_without", "first_with"),
    [
        ("cron_uses_subagents", "2026.2.9", "2026.3.1"),
        ("config_validate", "2026.3.1", "2026.3.2"),
        ("job_fallbacks", "2026.5.28", "2026.6.1"),
        ("job_clear_model", "2026.6.8", "2026.6.9"),
        ("config_revision", "2026.7.35", "2026.8.1"),
        ("rate_limit", "2026.6.1", "2026.6.2"),
    ],
)
def test_a_capability_arrives_with_its_release(capability: str, last_without: str, first_with: str) -> None:
    before, after = capabilities(parse_version(last_without)), capabilities(parse_version(first_with))

    assert (False, True) == (getattr(before, capability), getattr(after, capability))


@pytest.mark.parametrize(
    ("habit", "last_with", "first_without"),
    [
        ("string_model_inherits_fallbacks", "2026.4.1", "2026.4.2"),
        ("needs_device", "2026.5.28", "2026.6.1"),
        ("job_falls_back_to_agent", "2026.8.1", "2026.9.6"),
    ],
)
def test_an_old_habit_ends_with_its_release(habit: str, last_with: str, first_without: str) -> None:
    before, after = capabilities(parse_version(last_with)), capabilities(parse_version(first_without))

    assert (True, False) == (getattr(before, habit), getattr(after, habit))


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ("2026.3.22", JobsStore.JOBS_JSON),
        ("2026.3.23", JobsStore.JOBS_JSON_AND_STATE),
        ("2026.5.28", JobsStore.JOBS_JSON_AND_STATE),
        ("2026.5.28-1", JobsStore.JOBS_JSON_AND_STATE),
        ("2026.5.29", JobsStore.SQLITE),
        ("2026.6.1", JobsStore.SQLITE),
    ],
)
def test_the_jobs_store_moves_twice(text: str, store: JobsStore) -> None:
    assert store is capabilities(parse_version(text)).jobs_store


def test_a_beta_of_the_release_that_brought_something_does_not_have_it_yet() -> None:
    assert not capabilities(parse_version("2026.8.1-beta.1")).config_revision
    assert {Roster.LIST} == capabilities(parse_version("2026.8.1-beta.1")).writable_rosters

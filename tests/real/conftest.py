from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.real.home import OpenClaw
from tests.real.install import VERSIONS, NotInstalledError, install
from tests.real.provider import fake_provider
from tests.real.restore import Pristine


EACH_VERSION = [pytest.param(version, marks=pytest.mark.xdist_group(version)) for version in VERSIONS]


@pytest.fixture(scope="session", params=EACH_VERSION)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClaw]:
    """One running OpenClaw per version, as it comes; tests that change it use `openclaw`."""
    try:
        release = install(request.param)
    except NotInstalledError as error:
        if os.environ.get("CI"):
            pytest.fail(f"OpenClaw {request.param} must be tested in CI: {error}")
        pytest.skip(f"NOT TESTED against the real OpenClaw {request.param}: {error}")
    home = tmp_path_factory.mktemp(f"openclaw-{request.param}") / "home"
    with fake_provider() as provider:
        openclaw = OpenClaw(release, home, provider)
        try:
            openclaw.build()
            yield openclaw
        finally:
            openclaw.stop()


@pytest.fixture(scope="session")
def pristine(host: OpenClaw) -> Pristine:
    return Pristine.of(host)


@pytest.fixture
def openclaw(host: OpenClaw, pristine: Pristine) -> Iterator[OpenClaw]:
    """The running OpenClaw; whatever the test does to its configuration and jobs is undone afterwards."""
    yield host
    pristine.restore(host)


@pytest.fixture
def tactician_dir(tmp_path: Path) -> Path:
    """A directory of our own state, with nothing of an earlier test in it."""
    return tmp_path / "tactician"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the gateway's last words under a test that failed."""
    report = yield
    host = getattr(item, "funcargs", {}).get("host") or getattr(item, "funcargs", {}).get("openclaw")
    if report.failed and isinstance(host, OpenClaw):
        report.sections.append((f"gateway {host.version}", host.log_tail()))
    return report

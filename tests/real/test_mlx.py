from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.facts.model import LocalServer
from reconciler.servers.detect import detect
from reconciler.servers.targets import Target
from tests.real.install import NotInstalledError
from tests.real.mlx_server import install_mlx, make_model, serving


pytestmark = [pytest.mark.real, pytest.mark.xdist_group("mlx")]
Seen = Callable[[str], LocalServer]


@pytest.fixture(scope="module")
def programs() -> Path:
    try:
        return install_mlx()
    except NotInstalledError as error:
        if os.environ.get("CI"):
            pytest.fail(f"mlx-lm must be tested in CI: {error}")
        pytest.skip(f"NOT TESTED against the real mlx-lm: {error}")


@pytest.fixture(scope="module")
def model(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(programs, tmp_path_factory.mktemp("models"))


def seen(url: str) -> LocalServer:
    """Look with a deadline for a busy machine."""
    (server,) = detect([Target(url)], deadline=30).servers
    return server


def test_a_server_with_a_model_is_found_with_its_quantization(
    programs: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "hub").mkdir()
    with serving(programs, tmp_path, model=model) as url:
        server = seen(url)

    assert ("mlx-lm", "ready", True) == (server.kind, server.state, server.routable)
    (found,) = server.models
    assert (str(model), "4bit", "config.json", None) == (
        found.id,
        found.quantization,
        found.quantization_source,
        found.loaded,
    )


def test_a_server_without_a_cache_folder_is_found_in_spite_of_its_empty_answer(
    programs: Path, tmp_path: Path
) -> None:
    with serving(programs, tmp_path, model=None) as url:
        server = seen(url)

    assert ("mlx-lm", ()) == (server.kind, server.models)


def test_looking_loads_nothing_and_writes_no_error(programs: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    with serving(programs, tmp_path, model=model) as url:
        seen(url)
    log = (tmp_path / "server.log").read_text()

    assert "Traceback" not in log
    assert "POST" not in log

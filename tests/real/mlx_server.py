"""The real mlx-lm server, in an environment of its own that stays between runs."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.install import NotInstalledError, cache_dir


PINNED = ("mlx-lm==0.32.2", "mlx[cpu]==0.32.4")
LONGEST_INSTALL = 600  # seconds; 350 MB


def install_mlx() -> Path:
    """Return the bin folder of an environment with mlx-lm.

    Raises:
        NotInstalledError: pip did not manage.
    """
    root = cache_dir() / "mlx-lm" / PINNED[0].rpartition("=")[2]
    complete = root / "complete"
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(root, ignore_errors=True)
            _run([sys.executable, "-m", "venv", root])
            _run([root / "bin" / "python", "-m", "pip", "install", "--quiet", *PINNED])
            complete.touch()
    return root / "bin"


def make_model(programs: Path, folder: Path) -> Path:
    """Make a tiny model in *folder* and return its 4-bit form."""
    _run([programs / "python", Path(__file__).with_name("tiny_model.py"), folder / "tiny"])
    return folder / "tiny-4bit"


@contextmanager
def serving(programs: Path, home: Path, *, model: Path | None) -> Iterator[str]:
    """Run `mlx_lm.server` on a free port of 127.0.0.1 and yield its address once it accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    named = ["--model", str(model)] if model else []
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "python", "-m", "mlx_lm.server", "--port", str(port), *named],
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home)},
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return as soon as the port accepts; until then each try is refused at once."""
    while server.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
    msg = f"mlx_lm.server ended with {server.returncode}"
    raise RuntimeError(msg)


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=LONGEST_INSTALL,
        check=False,
    )
    if done.returncode != 0:
        raise NotInstalledError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.errors import ReconcilerError


_SUFFIXES = frozenset({".yaml", ".yml"})


class NoPolicy(ReconcilerError):
    """Nobody named a policy, and none is in the usual places."""


def find(named: Sequence[Path], *, cwd: Path, config: Path | None = None) -> tuple[Path, ...]:
    """Return the policy files: those of *named* files and directories, else of the first usual place.

    The usual places are `policies` in *cwd* and in *config*, which is the user's configuration directory.

    Raises:
        ReconcilerError: there is no policy file; it says where was looked.
    """
    if named:
        return _distinct(file for path in named for file in _named(cwd / path))
    looked = []
    for place in _usual(cwd, config):
        if files := _files(place):
            return files
        looked.append(f"looked for *.yaml in {place}")
    raise NoPolicy(
        "no policy found",
        hint="write policies/home.yaml, or name a file or directory with --policy",
        evidence=looked,
    )


def _usual(cwd: Path, config: Path | None) -> Iterator[Path]:
    yield cwd / "policies"
    if config is None:
        from platformdirs import user_config_path

        config = user_config_path("tactician")
    yield config / "policies"


def _named(path: Path) -> tuple[Path, ...]:
    """Return *path* or what it contains; a file that is missing is the loader's to report."""
    if not path.is_dir():
        return (path,)
    if files := _files(path):
        return files
    raise ReconcilerError(f"no policy in {path}", hint="put a file that ends in .yaml there")


def _files(directory: Path) -> tuple[Path, ...]:
    """Return the policy files in *directory* by name, which is the order of their rules."""
    try:
        entries = sorted(directory.iterdir(), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise ReconcilerError(
            f"{directory} cannot be listed", hint="check its permissions", evidence=[str(error.strerror)]
        ) from None
    return tuple(
        entry
        for entry in entries
        if entry.suffix in _SUFFIXES and not entry.name.startswith(".") and not entry.is_dir()
    )


def _distinct(files: Iterator[Path]) -> tuple[Path, ...]:
    """Drop what was named twice: the rules of one file must not count twice."""
    return tuple({file.absolute(): file for file in files}.values())

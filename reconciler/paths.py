from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import ReconcilerError


STATE_VARIABLE = "TACTICIAN_STATE_DIR"


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return where the ledger, the lock and the device key live: the variable, else the user's state directory.

    Raises:
        ReconcilerError: the variable names the home of a user that is not known.
    """
    if named := environ.get(STATE_VARIABLE):
        try:
            return Path(named).expanduser().absolute()
        except RuntimeError as error:
            raise ReconcilerError(
                f"{STATE_VARIABLE} names the home of somebody unknown: {named}", hint="write the path out"
            ) from error
    from platformdirs import user_state_path

    return user_state_path("tactician", appauthor=False)


def private_dir(path: Path) -> Path:
    """Create *path* for our eyes only (0700) and return it.

    Raises:
        ReconcilerError: the directory cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ReconcilerError(
            f"cannot make the state directory {path}: {error.strerror}",
            hint=f"make it writable, or name another one in {STATE_VARIABLE}",
        ) from error
    return path


def local_zone(environ: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> str | None:
    """Return the IANA name of this machine's time zone; None where it has none that can be told."""
    named = environ.get("TZ", "").removeprefix(":")
    if named and not named.startswith("/"):
        return named
    _, found, name = str(localtime.resolve()).partition("zoneinfo/")
    return name if found else None

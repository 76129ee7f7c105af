"""Renew another program's sign-in, where the policy allows it, and give that program the new one.

The old refresh token dies with the question, so nothing is asked before it is clear that the file can be written,
and an answer that is on its way is waited for and written, whatever else ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reconciler.errors import ReconcilerError, Refused
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.atomic import replace_file
from reconciler.quota.credential import Credential
from reconciler.quota.provider import Ask, Rotation
from reconciler.quota.renewal import Token
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire


_ATTEMPTS: Final = 5  # to write beside a program that writes the same file
_PRIVATE: Final = 0o600


async def rotate(rotation: Rotation, ask: Ask, path: Path, wire: Wire) -> None:
    """Renew the sign-in of *ask*, which stands in *path*, and write the new one there.

    Raises:
        Trouble: it could not be renewed, or the file cannot be written.
    """
    work = asyncio.ensure_future(_rotate(rotation, ask, path, wire))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise


async def _rotate(rotation: Rotation, ask: Ask, path: Path, wire: Wire) -> None:
    with _held(path):
        if _stands(ask.credential, _read(path)[1]):  # else its program has just renewed it
            _write(path, rotation, await rotation.renew(ask, wire), ask)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the file's lock, having seen that it can be replaced; its bits are for its owner alone from now on."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(stream.fileno())
            folder = Path(os.path.realpath(path)).parent
            if status.st_uid != os.geteuid() or status.st_nlink > 1 or not os.access(folder, os.W_OK):
                raise _unwritable()
            os.fchmod(stream.fileno(), _PRIVATE)
            yield
    except (OSError, ValueError) as error:
        raise _unwritable() from error


def _unwritable() -> Trouble:
    message = "the sign-in expired, and its file cannot be written now, so it was not renewed"
    return Trouble("auth_expired", message=message)


def _write(path: Path, rotation: Rotation, token: Token, ask: Ask) -> None:
    """Put the new sign-in into the file as it is by now; one that its program put there meanwhile stands."""
    for _ in range(_ATTEMPTS):
        try:
            data, content = _read(path)
            if _stands(ask.credential, content):
                new = json.dumps(rotation.put(content, token, ask.now), indent=2, ensure_ascii=False)
                replace_file(path, f"{new}\n".encode(), expected_sha256=hashlib.sha256(data).hexdigest())
        except Refused:
            continue
        except (OSError, ValueError, ReconcilerError) as error:
            raise _lost() from error
        return
    raise _lost()


def _lost() -> Trouble:
    message = "the sign-in was renewed, but its file could not be written: sign in again"
    return Trouble("auth_expired", message=message)


def _stands(credential: Credential, content: JsonObject) -> bool:
    """Tell whether the file still holds this sign-in."""
    return json.dumps(credential.secret("refresh")) in json.dumps(content)


def _read(path: Path) -> tuple[bytes, JsonObject]:
    data = path.read_bytes()
    content: Json = json.loads(data)
    return data, content if isinstance(content, dict) else {}

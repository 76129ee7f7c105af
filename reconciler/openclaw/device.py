from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import JsonObject
from reconciler.paths import private_dir


if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "device.pem"
_LONGEST_KEY = 4096  # an Ed25519 key in PEM has 119 bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What a device signs: who connects, as what, and for which scopes."""

    client: str
    mode: str
    role: str
    platform: str
    scopes: tuple[str, ...]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """A key that stands for this installation at gateways that trust no client without one."""

    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.public_key).hexdigest()

    def sign(self, claim: Claim, *, nonce: str, signed_at: int) -> JsonObject:
        """Return the `device` member of a connect request.

        The text and its order are OpenClaw's `v3`; the last field, the device family, stays empty.
        """
        who = (self.id, claim.client, claim.mode, claim.role, ",".join(claim.scopes))
        text = "|".join(("v3", *who, str(signed_at), claim.token, nonce, claim.platform.lower(), ""))
        return {
            "id": self.id,
            "publicKey": _base64url(self.public_key),
            "signature": _base64url(self.key.sign(text.encode())),
            "signedAt": signed_at,
            "nonce": nonce,
        }


def load_device(directory: Path) -> Device:
    """Return the key of *directory*; the first call makes it, also when two processes call at once.

    Raises:
        ReconcilerError: the key cannot be made or read, is damaged, or others may read it.
    """
    path = private_dir(directory) / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        return Device(_parse(path, _read(path)))
    except OSError as error:
        raise ReconcilerError(
            f"cannot use the device key {path}: {error.strerror}",
            hint="make the file and its directory yours, with the modes 600 and 700",
        ) from error


def _create(path: Path) -> None:
    """Write a whole new key beside *path* and link it there: readers see it complete or not at all."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor, written = tempfile.mkstemp(prefix=f".{KEY_FILE}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.link(written, path)
    except FileExistsError:
        pass  # another process was first, and its key is as good
    finally:
        Path(written).unlink()


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
            raise ReconcilerError(
                f"the device key {path} is open to others (mode {stat.S_IMODE(mode):o})",
                hint=f"if nobody copied it: chmod 600 {path}; else remove it, a new one is made",
            )
        return file.read(_LONGEST_KEY)


def _parse(path: Path, text: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ReconcilerError(
            f"{path} does not hold an Ed25519 key", hint="remove the file; the next run makes a new key"
        )
    return key


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")

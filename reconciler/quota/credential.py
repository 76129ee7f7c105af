from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.secret import Secret


@dataclass(frozen=True, slots=True)
class Credential:
    """A login that was found.

    Attributes:
        kind: which of the provider's surfaces it opens, such as `oauth`, `web` or `api`.
        where: the variable or file that it came from, for people.
        secrets: by name; `token` is the one that is sent.
        facts: what else the source says of the account, such as plan and account id; nothing secret.
        expires_at: when the token stops working, if the source says.
        renewable: whether it may be renewed without harm to the program it belongs to.
    """

    kind: str
    where: str
    secrets: Mapping[str, Secret]
    facts: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None
    renewable: bool = False

    def secret(self, name: str = "token") -> str:
        """Reveal a secret for sending it."""
        return self.secrets[name].reveal()

    def same_as(self, other: Credential) -> bool:
        """Tell whether both hold the same secrets."""
        return {name: value.reveal() for name, value in self.secrets.items()} == {
            name: value.reveal() for name, value in other.secrets.items()
        }


@dataclass(frozen=True, slots=True)
class Unusable:
    """There is something where a credential should be, but it cannot be used; *why* says what to do."""

    where: str
    why: str


def signed_in(token: str, refresh: str | None) -> dict[str, Secret]:
    """Return the secrets of a sign-in; what renews it is among them where there is such a thing."""
    return {"token": Secret(token), **({"refresh": Secret(refresh)} if refresh else {})}


def api_key(where: str, value: str, *, kind: str = "api", **facts: str) -> Credential:
    """Make the credential of a single key."""
    return Credential(kind=kind, where=where, secrets={"token": Secret(value)}, facts=facts)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from reconciler.quota.jwt import claims
from reconciler.quota.numbers import whole
from reconciler.quota.refusal import Reply
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import raw, shown
from reconciler.secret import Secret


# The owner has to sign in again; asking once more with the same token helps nobody.
_FINAL: Final = (
    "invalid_grant",
    "refresh_token_reused",
    "refresh_token_expired",
    "refresh_token_invalidated",
)


@dataclass(frozen=True, slots=True)
class Token:
    """A renewed sign-in; *refresh_token_rotated* says that the old refresh token is dead."""

    access_token: Secret
    refresh_token: Secret
    expires_at: datetime | None
    refresh_token_rotated: bool
    label: str | None
    id_token: Secret | None = None


async def renew(
    wire: Wire, url: str, fields: Mapping[str, str], *, now: datetime, form: bool = False
) -> Token:
    """Exchange the refresh token in *fields* for a new access token; raises :class:`Trouble`."""
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    reply = await wire.post(
        url,
        headers={"content-type": kind, "accept": "application/json"},
        content=urlencode(fields) if form else json.dumps(dict(fields)),
        refusal=_refusal,
    )
    access, refresh = raw(reply.body.get("access_token")), raw(reply.body.get("refresh_token"))
    identity = raw(reply.body.get("id_token"))
    if access is None:
        raise Trouble("bad_response", http_status=reply.status)
    seconds = whole(reply.body.get("expires_in"))
    return Token(
        access_token=Secret(access),
        refresh_token=Secret(refresh or fields["refresh_token"]),
        expires_at=now + timedelta(seconds=min(seconds, 10**9)) if seconds is not None else None,
        refresh_token_rotated=refresh is not None and refresh != fields["refresh_token"],
        id_token=Secret(identity) if identity else None,
        label=shown(claims(identity or "").get("email")),
    )


def _refusal(reply: Reply) -> Trouble | None:
    if reply.status in {400, 401}:
        if "invalid_client" in reply.said:
            message = "the OAuth client that was used for renewing is not valid; the sign-in may be fine"
            return Trouble("unsupported", message=message, http_status=reply.status)
        if any(sign in reply.said for sign in _FINAL):
            return Trouble("auth_expired", http_status=reply.status)
    return None

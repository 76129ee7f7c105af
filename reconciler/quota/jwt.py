from __future__ import annotations

import base64
import binascii
import json

from reconciler.jsontypes import Json, JsonObject


_LONGEST = 20_000


def claims(token: str) -> JsonObject:
    """Read the claims of a JSON web token without checking its signature: display data and hints only."""
    parts = token.split(".")
    if len(parts) != 3 or not token.startswith("eyJ") or len(token) > _LONGEST:  # noqa: PLR2004
        return {}
    try:
        found: Json = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

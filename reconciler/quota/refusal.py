"""What an answer that is no reading means; the body is looked at, never quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.numbers import number
from reconciler.quota.shape import ErrorKind
from reconciler.quota.trouble import Trouble
from reconciler.quota.words import obj, raw


_BY_STATUS: Final[dict[int, ErrorKind]] = {
    401: "auth_expired",
    403: "forbidden_scope",
    408: "server_error",
    429: "rate_limited",
}
_LOGIN_SIGNS = ('type="password"', "type='password'", "sign in", "signin", "log in", "login")
_LOGIN_PATHS = ("login", "signin", "sign-in", "sign_in", "auth")
_LONGEST_WAIT_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a provider: *headers* by lower-case name, *cookies* that it sets, *json* where it is JSON."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    json: Json = field(repr=False)
    page: str | None = field(repr=False)
    now: datetime

    @property
    def body(self) -> JsonObject:
        """The JSON object of the answer.

        Raises:
            Trouble: it is a list or a single value.
        """
        if not isinstance(self.json, dict):
            raise Trouble("bad_response", http_status=self.status)
        return self.json

    @property
    def said(self) -> str:
        """What the answer says about its failure, in lower case; for comparing, not for showing."""
        body = obj(self.json)
        error = body.get("error")
        texts = [obj(error).get("message"), obj(error).get("type"), obj(error).get("code"), error]
        texts += [body.get("message"), body.get("msg"), body.get("error_description")]
        return " ".join(found for each in texts if (found := raw(each))).lower()


def refused(reply: Reply) -> Trouble | None:
    """Tell why *reply* is no data by what holds for all providers; None where it may be data."""
    wait = retry_after(reply)
    if reply.headers.get("cf-mitigated") == "challenge":
        return Trouble("blocked", http_status=reply.status, retry_after_s=wait)
    if 300 <= reply.status < 400:  # noqa: PLR2004  the redirects
        return Trouble(_redirected(reply), http_status=reply.status)
    if reply.page is not None and (reply.status < 300 or reply.status == 403):  # noqa: PLR2004
        return Trouble(_paged(reply.page), http_status=reply.status)
    if reply.status >= 400:  # noqa: PLR2004
        kind = _BY_STATUS.get(reply.status) or ("server_error" if reply.status >= 500 else "bad_response")  # noqa: PLR2004
        return Trouble(kind, http_status=reply.status, retry_after_s=wait)
    if not isinstance(reply.json, dict | list):
        return Trouble("bad_response", http_status=reply.status)
    return None


def retry_after(reply: Reply) -> int | None:
    """Return the seconds that the answer asks to wait, at most a week; None where it names none, or 0."""
    value = reply.headers.get("retry-after", "")
    seconds = number(value)
    if seconds is None:
        try:
            when = parsedate_to_datetime(value)
            seconds = number(int((when - reply.now).total_seconds()))
        except (ValueError, TypeError):
            return None
    return min(int(seconds), _LONGEST_WAIT_S) if seconds is not None and seconds >= 1 else None


def _redirected(reply: Reply) -> ErrorKind:
    path = reply.headers.get("location", "").lower().partition("?")[0].split("/")
    return "auth_expired" if any(part in _LOGIN_PATHS for part in path) else "blocked"


def _paged(page: str) -> ErrorKind:
    text = page.lower()
    if "just a moment" in text or "cf_chl" in text or "challenge" in text:
        return "blocked"
    return "auth_expired" if any(sign in text for sign in _LOGIN_SIGNS) else "blocked"

from __future__ import annotations

from typing import Final, Literal

from reconciler.quota.shape import ErrorInfo, ErrorKind


ADVICE: Final[dict[ErrorKind, str]] = {
    "no_credentials": "no credentials were found",
    "auth_expired": "the sign-in has expired or is not valid: sign in again",
    "forbidden_scope": "this sign-in may not read usage",
    "blocked": "got a web page instead of data; the sign-in itself may be fine",
    "rate_limited": "the provider asks to slow down",
    "no_plan": "the sign-in works, but there is no plan with a quota on it",
    "unsupported": "the provider does not offer this to this kind of account",
    "server_error": "the provider has trouble",
    "bad_response": "the answer is not in the known form",
    "network": "the provider could not be reached",
    "timeout": "the provider did not answer in time",
}


class Trouble(Exception):
    """One account could not be read; *status* is `unavailable` where the credential is fine."""

    def __init__(
        self,
        kind: ErrorKind,
        *,
        message: str | None = None,
        http_status: int | None = None,
        retry_after_s: int | None = None,
        status: Literal["error", "unavailable"] = "error",
    ) -> None:
        super().__init__(kind)
        self.kind: ErrorKind = kind
        self.message = message
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.status: Literal["error", "unavailable"] = status

    def info(self, advice: dict[ErrorKind, str]) -> ErrorInfo:
        """Describe it for people; *advice* is the provider's own text for a kind."""
        return ErrorInfo(
            kind=self.kind,
            message=self.message or advice.get(self.kind) or ADVICE[self.kind],
            http_status=self.http_status,
            retry_after_s=self.retry_after_s,
        )

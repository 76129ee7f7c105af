from __future__ import annotations

from reconciler.errors import ReconcilerError, Refused
from reconciler.jsontypes import Json, JsonObject


class GatewayError(ReconcilerError):
    """The conversation with the gateway failed."""


class GatewayUnreachable(GatewayError):
    """Nothing answers at the address."""


class NotAGateway(GatewayError):
    """Something answers, but it does not speak OpenClaw's protocol."""


class CredentialRefused(GatewayError):
    """The gateway does not accept the token or password, or got none."""


class NotPaired(GatewayError):
    """The gateway wants somebody to approve this device first."""


class ProtocolTooOld(GatewayError):
    """The gateway and this program share no version of the protocol."""


class GatewayTimeout(GatewayError):
    """The gateway did not answer before the deadline; a write may or may not have happened."""


class GatewayClosed(GatewayError):
    """The connection ended in the middle; a write may or may not have happened."""


class MissingScope(GatewayError, Refused):
    """The gateway does not grant a scope that is needed."""

    def __init__(self, scope: str, *, hint: str) -> None:
        super().__init__(f"the gateway does not grant the scope {scope}", hint=hint)
        self.scope = scope


class RpcError(GatewayError):
    """The gateway answered a request with `ok: false`."""

    def __init__(self, method: str, error: JsonObject, message: str) -> None:
        self.code = _text(error.get("code")) or "UNKNOWN"
        self.message = message
        self.details = _details(error.get("details"))
        self.retryable = error.get("retryable") is True
        wait = error.get("retryAfterMs")
        self.retry_after_ms = wait if isinstance(wait, int) and wait >= 0 else None
        super().__init__(
            f"the gateway refused {method}: {message}", hint=self._next_step(), evidence=(self.code,)
        )

    @property
    def detail_code(self) -> str | None:
        """The precise reason, such as `CRON_JOB_CHANGED`."""
        return _text(self.details.get("code"))

    def _next_step(self) -> str:
        if self.retry_after_ms is not None:
            return f"try again in {self.retry_after_ms / 1000:.0f} s"
        if self.retryable:
            return "try again in a moment"
        return "compare with what the host has now: tactician plan"


def _details(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None

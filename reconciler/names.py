"""Names that all rooms spell alike."""

from __future__ import annotations


DEFAULT_ACCOUNT = "default"
"""The account of a provider for which the policy names none."""


def account_name(provider: str, account: str) -> str:
    """Return what people call an account: the provider alone where there is only one login."""
    return provider if account == DEFAULT_ACCOUNT else f"{provider}/{account}"

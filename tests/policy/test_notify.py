from __future__ import annotations

import pytest

from reconciler.policy.document import Notify
from reconciler.policy.load import load_text
from reconciler.policy.problem import PolicyInvalid


def policy(notify: str) -> Notify:
    return load_text(f"apiVersion: tactician/v1\nkind: RoutingPolicy\nspec:\n  notify: {notify}\n").notify


@pytest.mark.parametrize("url", ["https://hooks.example.org/x", "http://127.0.0.1:8080/", "http://[::1]:80/"])
def test_a_webhook_is_reached_over_tls_or_on_this_machine(url: str) -> None:
    assert url == policy(f'{{webhook: "{url}"}}').webhook


@pytest.mark.parametrize(
    "url", ["http://hooks.example.org/x", "file:///etc/passwd", "https://", "https://a:b/", "x"]
)
def test_any_other_webhook_is_a_mistake(url: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        policy(f'{{webhook: "{url}"}}')

    assert "expected an https URL" in caught.value.problems[0].message


def test_a_webhook_that_holds_a_key_is_a_mistake_that_does_not_quote_it() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        policy('{webhook: "https://hooks.example.org/x?token=canary-canary"}')

    (problem,) = caught.value.problems
    assert "this looks like a secret" == problem.message
    assert "canary" not in str(problem)

from __future__ import annotations

import pytest

from reconciler.policy.secret import looks_secret


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-abcdefghijklmnop",
        "my key is ghp_abcdefghijklmnopqrstuvwx0123456789",
        "AIzaSyA-1234567890abcdefghijklmnopqrstu",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "Authorization: Bearer abcdefghijklmnop1234",
        "http://ann:hunter2@127.0.0.1:1234/v1",
        "http://token@127.0.0.1/v1",
        "http://127.0.0.1/v1?api_key=abcdefgh12",
        "HTTP://ann:hunter2@nas/v1",
        "0123456789abcdef0123456789abcdef",
        "0123456789ABCDEF0123456789ABCDEF",
        "xY7bQ2mN9kL4vC8wE3rT6uI1",
    ],
)
def test_keys_and_tokens_look_like_secrets(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "anthropic/claude-opus-4-6",
        "mistral-nemo-instruct-2407",
        "lmstudio/Qwen2.5-Coder-32B-Instruct-Q4_K_M",
        "openrouter/meta-llama/Meta-Llama-3.1-405B-Instruct:free",
        "~/.gemini/accounts/work.json",
        "http://127.0.0.1:1234/v1",
        "America/Argentina/ComodRivadavia",
        "nightly-review*",
        "5f6b1c1e-7f62-4f6e-9a3b-0c2d4e5f6a7b",
        "save Claude when it gets tight",
    ],
)
def test_models_paths_ids_and_words_do_not(text: str) -> None:
    assert not looks_secret(text)

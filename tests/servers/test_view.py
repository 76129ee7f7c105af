from __future__ import annotations

from contextlib import ExitStack

from reconciler.servers.detect import Detection, detect
from reconciler.servers.targets import Target
from reconciler.servers.view import text
from tests.servers.replay import replay, routes


def seen(*folders: str) -> Detection:
    with ExitStack() as stack:
        served = [stack.enter_context(replay(routes(folder))) for folder in folders]
        return detect([Target(one.url) for one in served])


def test_every_line_fits_a_terminal() -> None:
    found = seen("ollama.read", "lm-studio.read", "litellm-proxy", "llama-server-router", "mlx-lm")

    for verbose in (False, True):
        assert [] == [line for line in text(found, verbose=verbose).splitlines() if len(line) > 80]


def test_a_server_is_shown_with_its_models() -> None:
    shown = text(seen("ollama.read"), verbose=False)

    assert shown.startswith("Ollama 0.24.1\n  ready at http://127.0.0.1:")
    assert (
        "  - qwen3:4b\n      Q4_K_M, keeps 92 % of the quality, 4B parameters, context 4096, loaded\n"
        in shown
    )
    assert "2 more, not for chat or not here" in shown


def test_what_nobody_knows_is_shown_as_unknown() -> None:
    shown = text(seen("vllm"), verbose=False)

    assert "quantization unknown, parameters unknown, context 1024, loaded" in shown


def test_verbose_says_what_was_asked_and_why_an_address_is_no_server() -> None:
    found = seen("vllm")
    nothing = detect([Target("http://127.0.0.1:1")])

    assert "    GET /v1/models: 200, " in text(found, verbose=True)
    assert "http://127.0.0.1:1: nothing listens" in text(nothing, verbose=True)
    assert "no local model server at 1 addresses\n" == text(nothing, verbose=False)

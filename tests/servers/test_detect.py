from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from reconciler.facts.model import LocalServer
from reconciler.servers.detect import Detection, detect
from reconciler.servers.targets import Target
from reconciler.servers.verdict import NoServer
from tests.servers.replay import Routes, Served, answer, replay, routes


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def look(*served: Served) -> Detection:
    return detect([Target(one.url) for one in served])


def found(stack: ExitStack, folder: str, *states: str) -> LocalServer:
    (server,) = look(stack.enter_context(replay(routes(folder, *states)))).servers
    return server


def models(table: dict[str, object]) -> Routes:
    return {("GET", "/v1/models"): answer({"object": "list", **table})}


@pytest.mark.parametrize(
    ("folder", "states", "kind", "state"),
    [
        ("ollama.read", (), "ollama", "ready"),
        ("ollama.read", ("empty_v1_models", "empty_api_tags", "empty_api_ps"), "ollama", "ready"),
        ("ollama.read", ("old_api_tags",), "ollama", "ready"),
        ("lm-studio.read", (), "lmstudio", "ready"),
        ("lm-studio.read", ("old_api_v1_models",), "lmstudio", "ready"),
        ("lm-studio.read", ("auth_missing_v1_models",), "lmstudio", "needs-key"),
        ("mlx-lm", (), "mlx-lm", "ready"),
        ("mlx-lm", ("v1_models_no_hf_cache",), "mlx-lm", "ready"),
        ("mlx-lm", ("dead_health", "dead_v1_models"), "mlx-lm", "broken"),
        ("vllm", (), "vllm", "ready"),
        ("vllm", ("engine_dead_health",), "vllm", "broken"),
        ("vllm", ("auth_missing_v1_models", "auth_missing_metrics"), "vllm", "needs-key"),
        ("llama-server", (), "llama.cpp", "ready"),
        ("llama-server", ("loading_v1_models",), "llama.cpp", "loading"),
        ("llama-server", ("sleeping_v1_models", "sleeping_props"), "llama.cpp", "asleep"),
        ("llama-server", ("auth_missing_v1_models",), "llama.cpp", "needs-key"),
        ("llama-server-router", (), "llama.cpp", "ready"),
        ("llama-cpp-python", (), "llama-cpp-python", "ready"),
        ("localai.read", (), "localai", "ready"),
        ("localai.read", ("loading_readyz",), "localai", "loading"),
        ("koboldcpp.read", (), "koboldcpp", "ready"),
        ("jan.read", (), "jan", "ready"),
        ("jan.read", ("auth_missing_v1_models",), "jan", "needs-key"),
        ("sglang.read", (), "sglang", "ready"),
        ("sglang.read", ("loading_health",), "sglang", "loading"),
        ("tabbyapi.read", (), "tabbyapi", "ready"),
        ("tabbyapi.read", ("nomodel_v1_model",), "tabbyapi", "loading"),
        ("tabbyapi.read", ("auth_missing_v1_models",), "tabbyapi", "needs-key"),
        ("text-generation-webui.read", (), "text-generation-webui", "ready"),
        ("text-generation-webui.read", ("empty_v1_models",), "text-generation-webui", "ready"),
        ("litellm-proxy", (), "litellm", "ready"),
    ],
)
def test_each_server_is_told_by_what_it_says(
    stack: ExitStack, folder: str, states: tuple[str, ...], kind: str, state: str
) -> None:
    server = found(stack, folder, *states)

    assert (kind, state) == (server.kind, server.state)


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("llama-server", ("/slots", "model=", "POST")),
        ("llama-server-router", ("/slots", "model=", "POST")),
        ("litellm-proxy", ("GET /health ", "POST")),
        ("sglang.read", ("flush", "profile", "POST")),
        ("ollama.read", ("cloud", "chat", "/v1/models/")),
        ("lm-studio.read", ("/api/v0", "/health", "/api/version", "POST", "nothing")),
        ("mlx-lm", ("POST", "HEAD")),
        ("vllm", ("POST",)),
    ],
)
def test_nothing_is_asked_that_acts(stack: ExitStack, folder: str, forbidden: tuple[str, ...]) -> None:
    served = stack.enter_context(replay(routes(folder)))

    look(served)

    assert [] == [line for line in served.asked for word in forbidden if word in f"{line} "]


def test_the_server_s_own_numbers_go_before_the_name_s(stack: ExitStack) -> None:
    server = found(stack, "ollama.read")

    first, _, third = server.models
    assert ("qwen3:4b", "Q4_K_M", 4_000_000_000, 4096, True) == (
        first.id,
        first.quantization,
        first.parameters,
        first.context,
        first.loaded,
    )
    assert ("Q4_K_M", "server") == (third.quantization, third.quantization_source)  # its name says Q6_K


def test_a_trained_context_is_not_the_one_in_use(stack: ExitStack) -> None:
    table = routes("ollama.read")
    shown = json.loads(table["POST", "/api/show"]["body"])
    table["POST", "/api/show"] = answer({**shown, "parameters": "temperature 0.6"})
    (server,) = look(stack.enter_context(replay(table))).servers

    assert [4096, None, None] == [model.context for model in server.models]


def test_what_runs_elsewhere_or_does_not_chat_is_never_offered(stack: ExitStack) -> None:
    server = found(stack, "ollama.read")

    assert {
        "nomic-embed-text:latest": "it can embedding",
        "gpt-oss:120b-cloud": "runs at https://ollama.com:443",
    } == {model.id: model.why for model in server.not_offered}


def test_a_vllm_for_embeddings_has_no_chat_model(stack: ExitStack) -> None:
    server = found(stack, "vllm", "pooling_v1_models", "pooling_get_chat")

    assert ((), "the server runs without chat") == (server.models, server.not_offered[0].why)


def test_a_router_s_command_line_is_not_kept(stack: ExitStack) -> None:
    table = routes("llama-server-router")
    body = table["GET", "/v1/models"]["body"].replace('"--offline"', '"--api-key","canary-91c"')
    table["GET", "/v1/models"] = {**table["GET", "/v1/models"], "body": body}
    detection = look(stack.enter_context(replay(table)))

    assert "canary" not in repr(detection.servers)
    assert "--log-colors" not in repr(detection.servers)


def test_a_web_app_that_answers_everything_is_no_server(stack: ExitStack) -> None:
    page = stack.enter_context(replay({("GET", "*"): answer("<html>hello</html>")}))
    same = stack.enter_context(replay({("GET", "*"): answer({"object": "list", "data": [{"id": "x"}]})}))
    empty = stack.enter_context(replay({("GET", "*"): answer({})}))

    detection = look(page, same, empty)

    assert () == detection.servers
    assert ["/v1/models: text/html, and no list of models", "it answers any path alike"] == [
        probe.result.why for probe in detection.probes[:2] if isinstance(probe.result, NoServer)
    ]


def test_a_proxy_that_imitates_ollama_is_not_routed_to(stack: ExitStack) -> None:
    table = routes("ollama.read")
    tags = json.loads(table["GET", "/api/tags"]["body"])
    for model in tags["models"]:
        model.update(size=0, digest="none")
        model.pop("remote_host", None)
    table["GET", "/api/tags"] = {**table["GET", "/api/tags"], "body": json.dumps(tags)}
    served = stack.enter_context(replay(table))
    (server,) = look(served).servers

    assert ("openai-compatible", False, ()) == (server.kind, server.routable, server.models)
    assert [] == [line for line in served.asked if line.startswith("POST")]


def test_an_ollama_behind_a_reverse_proxy_is_an_ollama(stack: ExitStack) -> None:
    table = routes("ollama.read")
    for found in table.values():
        found["headers"]["Server"] = "nginx"
    (server,) = look(stack.enter_context(replay(table))).servers

    assert "ollama" == server.kind


def test_an_unknown_openai_server_is_listed_and_not_routed_to(stack: ExitStack) -> None:
    table = models({"data": [{"id": "my-model-7b", "object": "model", "created": 5, "owned_by": "me too"}]})
    (server,) = look(stack.enter_context(replay(table))).servers

    assert ("openai-compatible", False) == (server.kind, server.routable)
    assert ["my-model-7b"] == [model.id for model in server.models]


@pytest.mark.parametrize("data", [5, "text", {"id": 1}, [1, None], [{"id": 5}], [{"name": "x"}]])
def test_strange_lists_are_no_lists(stack: ExitStack, data: object) -> None:
    assert () == look(stack.enter_context(replay(models({"data": data})))).servers


@pytest.mark.parametrize("body", ["[" * 5000, "9" * 5000, '{"data": NaN}', "\x00", '"', "{}"])
def test_what_is_no_json_is_no_server(stack: ExitStack, body: str) -> None:
    table = {("GET", "/v1/models"): answer(body)}

    assert () == look(stack.enter_context(replay(table))).servers


def test_names_that_cannot_be_shown_are_not_offered(stack: ExitStack) -> None:
    names = ["evil\u001b[2J", "right\u202eleft", "\ud800", "long" * 100, "plain"]
    table = models({"data": [{"id": name, "object": "model", "owned_by": "vllm"} for name in names]})
    (server,) = look(stack.enter_context(replay(table))).servers

    assert ["plain"] == [model.id for model in server.models]
    assert all(model.id.isprintable() for model in server.not_offered)


def test_a_reported_folder_tells_its_type(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text('{"quantization_config": {"quant_method": "awq", "bits": 4}}')
    entry = {"id": "small", "owned_by": "vllm", "root": str(folder), "max_model_len": 1024}
    (server,) = look(stack.enter_context(replay(models({"data": [entry]})))).servers

    assert ("AWQ", "config.json") == (server.models[0].quantization, server.models[0].quantization_source)


def test_one_program_on_both_families_is_one_server(stack: ExitStack) -> None:
    four = stack.enter_context(replay(routes("mlx-lm")))
    six = stack.enter_context(replay(routes("mlx-lm"), host="::1", port=four.port))
    (server,) = look(four, six).servers

    assert (four.url, (six.url,)) == (server.url, server.also_at)


def test_two_programs_on_one_port_are_two_servers(stack: ExitStack) -> None:
    four = stack.enter_context(replay(routes("mlx-lm")))
    six = stack.enter_context(replay(routes("llama-server", "ipv6_v1_models"), host="::1", port=four.port))
    detection = look(four, six)

    assert ["mlx-lm", "llama.cpp"] == [server.kind for server in detection.servers]

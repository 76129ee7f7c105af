from __future__ import annotations

from collections.abc import Iterable

from reconciler.facts.model import LocalModel, LocalServer
from reconciler.jsontypes import Json


_APIS = {"ollama": "ollama", "lmstudio": "openai-responses"}


def provider_entry(server: LocalServer, models: Iterable[LocalModel]) -> dict[str, Json]:
    """Return the `models.providers.<id>` of `openclaw.json` that lets OpenClaw use these models.

    OpenClaw speaks Ollama's own language, whose base address has no `/v1` (with it tool calls break);
    LM Studio and all others are spoken to as OpenAI is. The key is a placeholder that OpenClaw asks for.
    """
    native = server.kind == "ollama"
    return {
        "baseUrl": server.url if native else f"{server.url}/v1",
        "apiKey": "local",
        "api": _APIS.get(server.kind, "openai-completions"),
        "models": [model_entry(model) for model in models],
    }


def model_entry(model: LocalModel) -> dict[str, Json]:
    """Return one of the `models` of a provider; `id` and `name` are required, an unknown context is left out."""
    entry: dict[str, Json] = {"id": model.id, "name": model.id}
    return {**entry, "contextWindow": model.context} if model.context else entry

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from reconciler.facts.model import LocalModel, LocalServer
from reconciler.policy.document import Local
from reconciler.policy.model import Policy


_REASONS = {
    "down": "does not answer",
    "broken": "is broken",
    "loading": "is still loading",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model of a local server does: why it cannot be used now, or what the server says of it.

    *context* is what the server gives by itself; an *adjustable* one follows the host's configuration.
    """

    blocked: str | None = None
    passing: bool = False
    context: int | None = None
    adjustable: bool = False
    quality: Decimal | None = None


class LocalServers:
    """The local servers of the policy's providers, as the facts have them.

    A provider that nobody looked for has none here, and nothing is concluded.
    """

    def __init__(self, policy: Policy, servers: Iterable[LocalServer]) -> None:
        self._policy = policy
        self._servers: dict[str, LocalServer] = {}
        for server in servers:
            for provider in server.providers:
                if provider in policy.providers and self._better(provider, server):
                    self._servers[provider] = server

    def _better(self, provider: str, server: LocalServer) -> bool:
        """Prefer, of two programs at one address, the one that answers as the kind that the policy says."""
        known, local = self._servers.get(provider), self._policy.providers[provider].local
        kind = kind_of(local) if local else None
        return known is None or known.state == "down" or (known.kind != kind and server.kind == kind)

    def server(self, provider: str) -> LocalServer | None:
        return self._servers.get(provider)

    def offered(self, provider: str) -> tuple[LocalModel, ...]:
        """Return the models of a usable server that the policy does not rule out."""
        server, local = self._servers.get(provider), self._policy.providers[provider].local
        if server is None or server.state not in {"ready", "asleep"}:
            return ()
        listed = local.models if local else ()
        return tuple(
            self._fitted(f"{provider}/{model.id}", server, model)
            for model in server.models
            if not listed or model.id in listed
        )

    def _fitted(self, ref: str, server: LocalServer, model: LocalModel) -> LocalModel:
        """Give a model the context that the owner wants, where OpenClaw can ask the server for it."""
        own = self._policy.models.get(ref)
        if own is None or own.context is None or not _adjustable(server):
            return model
        return model.model_copy(update={"context": own.context})

    def refs(self) -> Iterator[str]:
        for provider in self._servers:
            yield from (f"{provider}/{model.id}" for model in self.offered(provider))

    def standing(self, ref: str) -> Standing | None:
        """Return how the model does, None where its provider has no server that was looked for."""
        provider, _, name = ref.partition("/")
        server = self._servers.get(provider)
        if server is None:
            return None
        place = f"the server at {server.url}"
        if reason := _REASONS.get(server.state):
            note = f" ({server.note})" if server.note else ""
            return Standing(f"{place} {reason}{note}", passing=server.state == "loading")
        if server.state == "needs-key":
            return Standing()
        model = find(server, name)
        if model is None:
            return Standing(_missing(server, name, place))
        return Standing(
            context=self._fitted(ref, server, model).context,
            adjustable=_adjustable(server),
            quality=self._quality(model),
        )

    def _quality(self, model: LocalModel) -> Decimal | None:
        own = self._policy.quantization.get(model.quantization or "")
        return model.quality if own is None or own.quality is None else own.quality


def find(server: LocalServer, name: str) -> LocalModel | None:
    """Return the model that the server answers with when a request names *name*."""
    for model in server.models:
        if model.id == name or (server.kind == "ollama" and model.id == f"{name}:latest"):
            return model
    if server.kind == "llama.cpp" and len(server.models) == 1:
        return server.models[0]  # which answers whatever the name is
    return LocalModel(id=name) if (server.kind, name) == ("mlx-lm", "default_model") else None


def _adjustable(server: LocalServer) -> bool:
    """Tell whether requests say how much context they want, as OpenClaw's to Ollama do."""
    return server.kind == "ollama"


def kind_of(local: Local) -> str | None:
    """Return the kind of server that the policy expects, None where any will do."""
    return {"mlx": "mlx-lm", "openai-compatible": None}.get(local.type, local.type)


def _missing(server: LocalServer, name: str, place: str) -> str:
    other = next((model for model in server.not_offered if model.id == name), None)
    return f"{place} has it, not for chat here: {other.why}" if other else f"{place} does not have it"

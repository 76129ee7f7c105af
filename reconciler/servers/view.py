from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from textwrap import wrap
from typing import Literal

from pydantic import AwareDatetime

from reconciler.facts.model import Document, LocalModel, LocalServer
from reconciler.servers.detect import Detection, Probe
from reconciler.servers.verdict import NoServer
from reconciler.text import printable


_WIDTH = 80
_NAMES = {
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "mlx-lm": "MLX-LM",
    "vllm": "vLLM",
    "localai": "LocalAI",
    "koboldcpp": "KoboldCpp",
    "jan": "Jan",
    "sglang": "SGLang",
    "tabbyapi": "TabbyAPI",
    "litellm": "LiteLLM",
    "openai-compatible": "unidentified, OpenAI-compatible",
}
_STATES = {"needs-key": "needs a key"}
_BILLION, _MILLION = 10**9, 10**6


class Asked(Document):
    """One question and what came back, in words."""

    request: str
    answer: str


class Looked(Document):
    """What was made of one address."""

    url: str
    result: str
    """The kind of server, or why the address was not taken for one."""
    asked: tuple[Asked, ...] = ()


class LocalServers(Document):
    """The local model servers of this machine and of the policy's endpoints."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["LocalServers"] = "LocalServers"
    taken_at: AwareDatetime
    servers: tuple[LocalServer, ...] = ()
    looked_at: tuple[Looked, ...] = ()


def document(found: Detection, *, now: datetime) -> LocalServers:
    return LocalServers(
        taken_at=now.replace(microsecond=0),
        servers=found.servers,
        looked_at=tuple(
            Looked(
                url=probe.target.base,
                result=_result(probe),
                asked=tuple(
                    Asked(request=str(request), answer=str(answer)) for request, answer in probe.asked
                ),
            )
            for probe in found.probes
        ),
    )


def text(found: Detection, *, verbose: bool) -> str:
    """Return the servers as a person reads them, 80 columns wide."""
    lines = [line for server in found.servers for line in (*_server(server, verbose=verbose), "")]
    if not found.servers:
        lines = [f"no local model server at {len(found.probes)} addresses", ""]
    if verbose:
        lines += [line for probe in found.probes for line in _probe(probe)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _server(server: LocalServer, *, verbose: bool) -> Iterator[str]:
    name = _NAMES.get(server.kind, server.kind)
    version = f" {server.version}" if server.version else ""
    yield from _said(f"{name}{version}", "")
    places = " and ".join((server.url, *server.also_at))
    yield from _said(f"{_STATES.get(server.state, server.state)} at {places}", "  ")
    if server.note:
        yield from _said(server.note, "  ")
    if not server.routable:
        yield from _said("never used unless a policy names this address", "  ")
    if verbose:
        yield from _said(f"known by: {server.evidence}", "  ")
    for model in server.models:
        yield from _said(model.id, "  - ")
        yield from _said(", ".join(_model(model)), "      ")
    if server.not_offered and verbose:
        for other in server.not_offered:
            yield from _said(f"{other.id} (not for chat: {other.why})", "  x ")
    elif server.not_offered:
        yield from _said(f"{len(server.not_offered)} more, not for chat or not here", "  x ")


def _model(model: LocalModel) -> Iterator[str]:
    yield model.quantization or "quantization unknown"
    if model.quality is not None:
        yield f"keeps {model.quality * 100:.0f} % of the quality"
    yield f"{_size(model.parameters)} parameters" if model.parameters else "parameters unknown"
    yield f"context {model.context}" if model.context else "context unknown"
    yield {True: "loaded", False: "not loaded", None: "loaded or not: unknown"}[model.loaded]


def _size(parameters: int) -> str:
    unit, letter = (_BILLION, "B") if parameters >= _BILLION else (_MILLION, "M")
    return f"{parameters / unit:.1f}".removesuffix(".0") + letter


def _probe(probe: Probe) -> Iterator[str]:
    yield from _said(f"{probe.target.base}: {_result(probe)}", "")
    for request, answer in probe.asked:
        yield from _said(f"{request}: {answer}", "    ")


def _result(probe: Probe) -> str:
    return probe.result.why if isinstance(probe.result, NoServer) else probe.result.kind


def _said(line: str, indent: str) -> Iterable[str]:
    """Return the line safe for a terminal, broken where it is too long; words longer than a line too."""
    shown = printable(line, at_most=600)
    return wrap(shown, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent) + "  ")

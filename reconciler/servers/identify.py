from __future__ import annotations

from collections.abc import Callable

from reconciler.servers.answer import Answer, Dialogue, get, mapping
from reconciler.servers.describe import Said
from reconciler.servers.kinds import (
    koboldcpp,
    litellm,
    llamacpp,
    llamacpppython,
    lmstudio,
    localai,
    mlx,
    ollama,
    sglang,
    tabbyapi,
    vllm,
    webui,
)
from reconciler.servers.verdict import (
    OK,
    UNAUTHORIZED,
    NoServer,
    Verdict,
    identity,
    listed,
    verdict,
)


_Test = Callable[[Answer], bool]
_Conversation = Callable[[Answer], Dialogue[Verdict | None]]

UNIDENTIFIED = "openai-compatible"
FIRST = "/v1/models"
_MADE_UP = "/tactician-asks-for-nothing"
_CERTAIN: tuple[tuple[_Test, Callable[[Answer], Dialogue[Verdict]]], ...] = (
    (llamacpp.is_it, llamacpp.conversation),
    (koboldcpp.is_it, koboldcpp.conversation),
    (vllm.is_it, vllm.conversation),
    (sglang.is_it, sglang.conversation),
    (tabbyapi.is_it, tabbyapi.conversation),
    (llamacpppython.is_it, llamacpppython.conversation),
)
_POSSIBLE: tuple[tuple[_Test, _Conversation], ...] = (
    (lmstudio.might_be, lmstudio.conversation),
    (mlx.might_be, mlx.conversation),
    (localai.might_be, localai.conversation),
    (litellm.might_be, litellm.conversation),
    (webui.might_be, webui.conversation),
    (ollama.might_be, lambda _: ollama.conversation()),
)
_LOCKED: tuple[tuple[_Test, _Conversation], ...] = (
    (lmstudio.might_be, lmstudio.conversation),
    (webui.is_jan_behind_a_key, webui.jan_behind_a_key),
    (vllm.might_be_behind_a_key, lambda _: vllm.behind_a_key()),
    (lambda _: True, lambda _: tabbyapi.behind_a_key()),
    (lambda _: True, lambda _: localai.behind_a_key()),
    (litellm.might_be, litellm.conversation),
)


def identify() -> Dialogue[Verdict | NoServer]:
    """Find out what listens at an address, by what it says and never by its port.

    `GET /v1/models` comes first: every known server has it, and it has no side effect in any of them.
    """
    models = yield from get(FIRST)
    if models.trouble:
        return NoServer(models.trouble)
    for is_it, certain in _CERTAIN:
        if is_it(models):
            return (yield from certain(models))
    locked = models.status == UNAUTHORIZED
    for might_be, conversation in _LOCKED if locked else _POSSIBLE:
        if might_be(models) and (found := (yield from conversation(models))):
            return found
    return _unidentified_locked(models) if locked else (yield from _unidentified(models))


def _unidentified_locked(models: Answer) -> Verdict | NoServer:
    if mapping((models.json or {}).get("error")).get("message"):
        return verdict(UNIDENTIFIED, "401 in OpenAI's form", state="needs-key", routable=False)
    return NoServer(f"{FIRST} wants a login (401), and nothing tells a model server")


def _unidentified(models: Answer) -> Dialogue[Verdict | NoServer]:
    entries = listed(models)
    if entries is None:
        return NoServer(_no_list(models))
    elsewhere = yield from get(_MADE_UP)
    if elsewhere.status == OK and elsewhere.body == models.body:
        return NoServer("it answers any path alike")
    said = [Said(id=identity(entry)) for entry in entries]
    return verdict(UNIDENTIFIED, "an OpenAI-style model list, and nothing more", said, routable=False)


def _no_list(models: Answer) -> str:
    kind = models.headers.get("content-type", "").partition(";")[0] or "no content type"
    if models.status // 100 == 3:  # noqa: PLR2004  HTTP's redirections
        return f"{FIRST} is redirected ({models.status}); redirects are not followed"
    if models.status != OK:
        return f"{FIRST}: {models.status}"
    return f"{FIRST}: {kind}, and no list of models"

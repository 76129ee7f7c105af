from __future__ import annotations

from reconciler.servers.answer import Answer, Dialogue, get_all, text, whole
from reconciler.servers.describe import Said
from reconciler.servers.verdict import UNAUTHORIZED, UNAVAILABLE, Verdict, identity, listed, verdict


KIND = "koboldcpp"
EVIDENCE = "Server: ConcedoLlamaForKoboldServer"
_NO_MODEL, _PASSWORD = "koboldcpp/inactive", "koboldcpp/protected-model"


def is_it(models: Answer) -> bool:
    return models.server == "ConcedoLlamaForKoboldServer"


def conversation(models: Answer) -> Dialogue[Verdict]:
    """Ask a KoboldCpp; its Ollama imitation tells constants for size and quantization, so it is not asked."""
    entries = listed(models)
    ids = [identity(entry) for entry in entries or ()]
    if models.status == UNAUTHORIZED or _PASSWORD in ids:
        return verdict(KIND, EVIDENCE, state="needs-key")
    if entries is None:
        loading = models.status == UNAVAILABLE
        return verdict(
            KIND, EVIDENCE, state="loading" if loading else "broken", note=f"its model list: {models}"
        )
    answers = yield from get_all("/api/extra/version", "/api/extra/true_max_context_length")
    about, context = (answer.fine or {} for answer in answers)
    serving = [name for name in ids if name != _NO_MODEL]
    no_chat = "a server without a text model" if about.get("llm") is False else None
    return verdict(
        KIND,
        EVIDENCE,
        [
            Said(
                id=name, not_for_chat=no_chat, format="gguf", context=whole(context.get("value")), loaded=True
            )
            for name in serving
        ],
        version=text(about.get("version")),
        note=None if serving else "no model is loaded",
    )

from __future__ import annotations

from pydantic import ValidationError

from reconciler.documents import json_object
from reconciler.errors import ReconcilerError
from reconciler.facts.model import Facts


_HINT = "record new ones: tactician facts --out FILE"


def read_facts(text: str, *, name: str) -> Facts:
    """Read a facts file.

    Raises:
        ReconcilerError: the text holds no facts, or facts of another version.
    """
    try:
        return Facts.model_validate_json(text)
    except ValidationError as error:
        _explain(text, name)
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ReconcilerError(
            f"{name} does not have the shape of facts: {first['msg']} at {place}", hint=_HINT
        ) from None


def _explain(text: str, name: str) -> None:
    """Raise the plainest reason why a text holds no facts, if there is one plainer than its shape."""
    plain = json_object(text, name=name, hint=_HINT)
    if plain.get("kind") != "Facts":
        raise ReconcilerError(f"{name} holds no facts", hint=_HINT)
    if plain.get("apiVersion") != "tactician/v1":
        raise ReconcilerError(f"{name} holds facts of another version", hint=_HINT)

"""Pydantic's findings in the words and at the places of the policy's author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import Position
from reconciler.policy.keys import Location, known
from reconciler.policy.problem import Problem, below, show
from reconciler.policy.source import Listing, Node, Scalar, Table


if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_PLAIN: Mapping[str, tuple[str, str]] = {
    "string_type": ("expected text", "put the value in quotes"),
    "bool_type": ("expected true or false", "write true or false without quotes"),
    "model_type": ("expected a mapping", "write `key: value` lines below this key"),
    "model_attributes_type": ("expected a mapping", "write `key: value` lines below this key"),
    "dict_type": ("expected a mapping", "write `key: value` lines below this key"),
    "tuple_type": ("expected a list", "write [a, b], or lines that begin with `- `"),
    "string_pattern_mismatch": ("expected a name", "use a-z, 0-9 and . _ - and begin with a letter or digit"),
    "string_too_short": ("expected some text", "write a value or remove the key"),
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "string_too_long": ("is longer than 1000 characters", "shorten it"),
    "too_short": ("is empty, which leaves nothing", 'write at least one; ["*"] covers every model'),
}


def translate(error: ValidationError, model: type[BaseModel], root: Node, path: str) -> Iterator[Problem]:
    """Yield a problem for each finding about *root*, which is the value at *path*."""
    for detail in error.errors(include_url=False, include_input=False):
        yield _problem(detail, model, root, path)


def _problem(detail: ErrorDetails, model: type[BaseModel], root: Node, path: str) -> Problem:
    found = _locate(root, detail["loc"], path)
    message, hint = _words(detail, model, found.node)
    if detail["type"] == "missing":
        return Problem(found.key_at, below(found.path, str(detail["loc"][-1])), message, hint)
    has_place = isinstance(found.node, Scalar) and found.node.value is not None
    about_key = detail["type"] == "extra_forbidden" or not has_place
    return Problem(found.key_at if about_key else found.node.at, found.path, message, hint)


def _words(detail: ErrorDetails, model: type[BaseModel], node: Node) -> tuple[str, str]:
    location, context = detail["loc"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            key = str(location[-1])
            words = _unknown_key(key, known(model, location[:-1]))
        case "missing":
            purpose = known(model, location[:-1]).get(str(location[-1]), "")
            words = "this key is missing", f"add it: {purpose}"
        case "union_tag_not_found":
            words = "the key type is missing", "add it, to say which kind of schedule this is"
        case "literal_error" | "union_tag_invalid":
            words = _not_one_of(str(context.get("expected") or context.get("expected_tags")), node)
        case "policy":
            words = _with_found(str(context["problem"]), node), str(context["hint"])
        case kind if kind in _BOUNDS:
            words = _BOUNDS[kind]
        case kind:
            expected, hint = _PLAIN.get(kind, (detail["msg"].lower(), "see docs/policy.md"))
            words = f"{expected}, found {describe(node)}", hint
    return words


def _with_found(problem: str, node: Node) -> str:
    says_already = "found" in problem or not problem.startswith("expected")
    return problem if says_already else f"{problem}, found {describe(node)}"


def describe(node: Node) -> str:
    match node:
        case Table():
            return "a mapping"
        case Listing():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool() as value):
            return str(value).lower()
        case Scalar(value=str() as value):
            return show(value)
        case _:
            return str(node.value)


def _unknown_key(key: str, keys: Mapping[str, str]) -> tuple[str, str]:
    return f"unknown key {show(key)}", _meant(key, list(keys)) or f"possible here: {', '.join(keys)}"


def _not_one_of(expected: str, node: Node) -> tuple[str, str]:
    """Undo pydantic's enumeration: `'a', 'b' or 'c'`."""
    words = [word.strip(" '") for part in expected.split(" or ") for word in part.split(",")]
    if isinstance(node, Table) and "type" in node.entries:
        node = node.entries["type"].value
    written = node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
    one_of = "one of " if len(words) > 1 else ""
    message = f"expected {one_of}{', '.join(words)}; found {describe(node)}"
    return message, _meant(written, words) or f"write {words[0]}, or another of these words"


def _meant(word: str, words: list[str]) -> str:
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


class _Found(NamedTuple):
    node: Node
    key_at: Position
    path: str


def _locate(root: Node, location: Location, path: str) -> _Found:
    """Follow *location* to the node it means; parts that are no key there are tags of unions."""
    found = _Found(root, root.at, path)
    key: Scalar | None = None
    for part in location:
        if isinstance(found.node, Listing) and isinstance(part, int):
            item = found.node.items[part]
            found = _Found(item, item.at, f"{found.path}[{part}]")
        elif isinstance(found.node, Table) and part in found.node.entries:
            key, value = found.node.entries[str(part)]
            found = _Found(value, key.at, below(found.path, str(part)))
        elif part == "[key]" and key is not None:
            found = found._replace(node=key)
    return found

"""One key of a policy set to another value, checked as its file would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from reconciler.errors import Position, UsageError
from reconciler.policy.document import RoutingSpec
from reconciler.policy.keys import known
from reconciler.policy.lint import lint
from reconciler.policy.messages import translate
from reconciler.policy.model import Policy
from reconciler.policy.problem import Problem
from reconciler.policy.source import Entry, Node, Scalar, Table, resolve
from reconciler.text import printable
from reconciler.whatif.nearest import meant


Value = str | int | Decimal | bool | None
"""What a plain value of YAML can be."""
_NAMED = {"providers": "providers", "models": "models", "quantization": "quantizations"}
"""The keys below which stand names that the owner chose, and what these name."""
_NOWHERE = Position("command line", 1, 1)


def with_key(policy: Policy, path: str, text: str) -> Policy:
    """Return the policy with the value that *text* stands for in YAML, at the place that *path* names.

    Raises:
        UsageError: there is no such key, it holds no single value, or this value does not fit.
    """
    keys = _steps(policy, path)
    value = _value(text)
    spec = _plain(policy)
    _put(spec, keys, value)
    problems = [*_problems(spec, keys, value)]
    if problems:
        raise _refusal(path, text, problems)
    changed = RoutingSpec.model_validate(spec, by_name=False, by_alias=True)
    field = next(name for name, each in RoutingSpec.model_fields.items() if each.alias == keys[0])
    places = {
        **policy.places,
        **{f"spec.{'.'.join(keys[:end])}": _NOWHERE for end in range(1, len(keys) + 1)},
    }
    found = replace(policy, places=places, **{field: getattr(changed, field)})
    new = [each for each in lint(found) if each.severity == "error" and each not in lint(policy)]
    if new:
        raise _refusal(path, text, new)
    return found


def _refusal(path: str, text: str, problems: Iterable[Problem]) -> UsageError:
    first = next(iter(problems))
    return UsageError(f"--set {printable(path)}={printable(text)}: {first.message}", hint=first.hint)


def _steps(policy: Policy, path: str) -> tuple[str, ...]:
    """Split a path at its dots, but not inside the names of providers and models, which may hold some."""
    first, _, rest = path.partition(".")
    if first not in known(RoutingSpec, ()):
        raise UsageError(
            f"--set: the policy has no key {printable(path)!r}", hint=meant(path, _paths(), "keys")
        )
    if first == "rules":
        raise UsageError(
            "--set: rules are no single value", hint="write the rule into a policy file, and plan with it"
        )
    if first not in _NAMED or not rest:
        return tuple(path.split("."))
    there: Mapping[str, Any] = getattr(policy, first)
    name = max((name for name in there if rest.startswith(f"{name}.")), key=len, default=None)
    if name is None and first == "providers":
        wrong = rest.partition(".")[0]
        raise UsageError(
            f"--set: the policy has no provider {printable(wrong)!r}", hint=meant(wrong, there, "providers")
        )
    name = name or _new_name(first, rest)
    return (first, name, *rest[len(name) + 1 :].split("."))


def _new_name(first: str, rest: str) -> str:
    """Return what stands before the first key that the format knows at this place."""
    keys = known(RoutingSpec, (first, ""))
    parts = rest.split(".")
    end = next((place for place, part in enumerate(parts) if place and part in keys), len(parts) - 1)
    return ".".join(parts[: max(end, 1)])


def _paths() -> list[str]:
    """List the paths of all keys that need no name from the policy."""
    found = []
    for key in known(RoutingSpec, ()):
        below = () if key in _NAMED else known(RoutingSpec, (key,))
        found += [f"{key}.{each}" for each in below] or [key]
    return [path for path in found if path.partition(".")[0] != "rules"]


def _value(text: str) -> Value:
    """Read a value as a policy file would; in quotes it is text."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return resolve(text)


def _plain(policy: Policy) -> dict[str, Any]:
    """Return the `spec` of a policy without its rules, as it would stand in a file."""
    return {
        field.alias or name: _written(getattr(policy, name))
        for name, field in RoutingSpec.model_fields.items()
        if name != "rules"
    }


def _written(value: object) -> Any:
    match value:
        case BaseModel():
            return value.model_dump(by_alias=True, exclude_unset=True)
        case Mapping():
            return {key: _written(each) for key, each in value.items()}
        case _:
            return value


def _put(spec: dict[str, Any], keys: tuple[str, ...], value: Value) -> None:
    for depth, key in enumerate(keys[:-1], 1):
        below = spec.setdefault(key, {})
        if not isinstance(below, dict):
            raise UsageError(
                f"--set: {printable('.'.join(keys[:depth]))} has no keys below it",
                hint="it is a value itself",
            )
        spec = below
    if isinstance(spec.get(keys[-1]), dict | tuple):
        path = printable(".".join(keys))
        raise UsageError(
            f"--set: {path} is no single value", hint=f"set what stands below it: {path}.KEY=VALUE"
        )
    spec[keys[-1]] = value


def _problems(spec: Mapping[str, Any], keys: tuple[str, ...], value: Value) -> Iterable[Problem]:
    try:
        RoutingSpec.model_validate(spec, by_name=False, by_alias=True)
    except ValidationError as error:
        return translate(error, RoutingSpec, _tree(keys, value), "spec")
    return ()


def _tree(keys: tuple[str, ...], value: Value) -> Node:
    """Return the mapping that would hold this one value alone, for messages about it."""
    node: Node = Scalar(value, _NOWHERE, 0, 0)
    for key in reversed(keys):
        node = Table({key: Entry(Scalar(key, _NOWHERE, 0, 0), node)}, _NOWHERE, 0, flow=False)
    return node

"""Which keys the format knows at a place, for messages about keys that it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


Location = Sequence[str | int]
"""Where pydantic found an error: keys, list indexes and the tags of unions."""


def known(model: type[BaseModel], location: Location) -> Mapping[str, str]:
    """Return the keys that may stand in the mapping at *location* and what each is for."""
    found: list[Any] = [model]
    for part in location:
        found = [below for annotation in found for below in _below(annotation, part)]
    return {
        field.alias or name: field.description or ""
        for annotation in found
        for name, field in _fields(annotation).items()
    }


def _below(annotation: Any, part: str | int) -> Iterator[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        yield from _choices(arguments[1])
    elif origin is tuple:
        yield from _choices(arguments[0])
    elif found := [field for field in _fields(annotation).values() if field.alias == part]:
        yield from _choices(found[0].annotation)
    elif part in _tags(annotation):
        yield annotation


def _choices(annotation: Any) -> Iterator[Any]:
    """Yield the types that *annotation* allows, without what wraps them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _choices(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for choice in get_args(annotation):
            yield from _choices(choice)
    elif annotation is not NoneType:
        yield annotation


def _fields(annotation: Any) -> Mapping[str, FieldInfo]:
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation.model_fields if is_model else {}


def _tags(annotation: Any) -> Sequence[str]:
    """Return the parts of a location that choose this type in a union: its `type`, or what it is."""
    field = _fields(annotation).get("type")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ("a mapping",)

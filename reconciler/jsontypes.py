from __future__ import annotations

from collections.abc import Mapping, Sequence


type_error = "expected a JSON value"
Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]

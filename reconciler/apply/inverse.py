from __future__ import annotations

from collections.abc import Iterable

from reconciler.jsontypes import Json


Operation = dict[str, Json]


def inverse(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return guarded operations that undo *operations*, in the opposite order.

    A `test` before a `replace` of the same path holds the value to put back; the guards of other
    paths are kept as they are.
    """
    undo: list[list[Operation]] = []
    before: dict[str, Json] = {}
    for operation in operations:
        path, value = str(operation["path"]), operation.get("value")
        match operation["op"]:
            case "test":
                before[path] = value
                if not _overwritten_later(path, operations):
                    undo.append([operation])
            case "replace":
                undo.append([_test(path, value), {"op": "replace", "path": path, "value": before[path]}])
            case "add":
                undo.append([_test(path, value), {"op": "remove", "path": path}])
            case other:
                msg = f"a plan never holds the operation {other!r}"
                raise ValueError(msg)
    return tuple(operation for group in reversed(undo) for operation in group)


def _test(path: str, value: Json) -> Operation:
    return {"op": "test", "path": path, "value": value}


def _overwritten_later(path: str, operations: Iterable[Operation]) -> bool:
    return any(operation["op"] == "replace" and operation["path"] == path for operation in operations)

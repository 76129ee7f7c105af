"""Changes of a policy file that leave every other byte as it is."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from reconciler.errors import ReconcilerError
from reconciler.policy.problem import PolicyInvalid
from reconciler.policy.read import Unusable, read
from reconciler.policy.source import Scalar, Table, parse, plain


class Edited(NamedTuple):
    """The file that was changed, and the value that it held before, if any."""

    path: Path
    before: str | None


def set_mode(
    paths: Sequence[Path], mode: str, *, announce: Callable[[Edited], None] = lambda _edited: None
) -> Edited:
    """Set `spec.mode` in the one file of *paths* that sets it, or in the first that holds a policy.

    *announce* is told just before the file is written, and vetoes by raising.

    Raises:
        ReconcilerError: several places set it, none could, or the text cannot be changed safely.
    """
    specs = [spec for path in paths for spec in _specs(path)]
    setting = [spec for spec in specs if "mode" in spec.table.entries]
    if len(setting) > 1:
        places = [str(spec.table.entries["mode"].key.at) for spec in setting]
        raise ReconcilerError("several places set the mode", hint="keep one of them", evidence=places)
    if not specs:
        raise ReconcilerError("no RoutingPolicy to set the mode in", hint="name its file with --policy")
    spec = (setting or specs)[0]
    text = _replaced(spec, mode) if setting else _inserted(spec, mode)
    _verify(spec, text, mode)
    edited = Edited(spec.path, _mode(spec))
    announce(edited)
    _write(spec.path, spec.text, text)
    return edited


class _Spec(NamedTuple):
    """The `spec` of document *number*, counted from 0, in a file."""

    path: Path
    text: str
    number: int
    table: Table


def _specs(path: Path) -> Iterator[_Spec]:
    try:
        text = read(path)
        documents = parse(text, str(path)).documents
    except Unusable as error:
        raise PolicyInvalid([error.problem]) from None
    for index, document in enumerate(documents):
        entries = document.entries if isinstance(document, Table) else {}
        if "kind" in entries and "spec" in entries and plain(entries["kind"].value) == "RoutingPolicy":
            table = entries["spec"].value
            if isinstance(table, Table):
                yield _Spec(path, text, index, table)


def _mode(spec: _Spec) -> str | None:
    entry = spec.table.entries.get("mode")
    return str(plain(entry.value)) if entry else None


def _replaced(spec: _Spec, mode: str) -> str:
    value = spec.table.entries["mode"].value
    if not isinstance(value, Scalar) or value.value is None:
        raise _unsafe(spec)
    old = spec.text[value.start : value.end]
    anchor = re.match(r"&\S+\s+", old)
    start = value.start + (anchor.end() if anchor else 0)
    quote = spec.text[start] if spec.text[start] in "'\"" else ""
    return f"{spec.text[:start]}{quote}{mode}{quote}{spec.text[value.end :]}"


def _inserted(spec: _Spec, mode: str) -> str:
    """Put the key before the first one of `spec`, in the style and with the line ends that are there."""
    if not spec.table.entries:
        start = spec.table.start + 1
        return f"{spec.text[:start]}mode: {mode}{spec.text[start:]}"
    first = min((entry.key for entry in spec.table.entries.values()), key=lambda key: key.start)
    newline = "\r\n" if "\r\n" in spec.text else "\n"
    after = ", " if spec.table.flow else newline + " " * (first.at.col - 1)
    return f"{spec.text[: first.start]}mode: {mode}{after}{spec.text[first.start :]}"


def _verify(spec: _Spec, text: str, mode: str) -> None:
    """Refuse a text that says anything else than before, but for the mode."""
    wanted = [plain(document) for document in parse(spec.text, str(spec.path)).documents]
    document = wanted[spec.number]
    if isinstance(document, dict):
        wanted[spec.number] = document | {"spec": document["spec"] | {"mode": mode}}
    try:
        actual = [plain(document) for document in parse(text, str(spec.path)).documents]
    except Unusable:
        raise _unsafe(spec) from None
    if wanted != actual:
        raise _unsafe(spec)


def _unsafe(spec: _Spec) -> ReconcilerError:
    return ReconcilerError(
        "the mode is written in a way that cannot be changed safely",
        hint="write `mode: ...` on a line of its own below `spec:`, by hand",
        at=spec.table.at,
    )


def _write(path: Path, before: str, after: str) -> None:
    """Replace the file atomically; the target of a link is replaced, not the link."""
    target = path.resolve()
    try:
        data, status = target.read_bytes(), target.stat()
        mark = data[: len(data) - len(before.encode())]
        if data != mark + before.encode():
            raise ReconcilerError(f"{path} was changed meanwhile", hint="run the command again")
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                file.write(mark + after.encode())
                file.flush()
                os.fchmod(file.fileno(), status.st_mode & 0o7777)
                os.fsync(file.fileno())
                os.replace(file.name, target)  # noqa: PTH105 -- both are plain names here
            except OSError:
                with contextlib.suppress(FileNotFoundError):
                    Path(file.name).unlink()
                raise
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"{path} was not changed: {reason}", hint="check its permissions") from None

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import jsonpatch

from reconciler.apply.inverse import Operation, inverse
from reconciler.errors import Refused
from reconciler.ledger.record import FileChange, TextEdit
from reconciler.openclaw.edits import Edit, apply_edits
from reconciler.openclaw.edits import inverse as inverse_edits
from reconciler.openclaw.files import SourceFile
from reconciler.openclaw.json5 import parse
from reconciler.openclaw.json5 import plain as value_of
from reconciler.openclaw.source import ConfigSource
from reconciler.openclaw.splice import same, splice


def prepare(source: ConfigSource, operations: Sequence[Operation]) -> tuple[FileChange, ...]:
    """Work out the edits of each file that owns a value to be changed; nothing is written.

    Raises:
        StalePlan: a value is not what the operations test for.
        Refused: a value belongs to several files, or the edited text would not mean what was planned.
    """
    files = {file.path: file for file in source.files}
    return tuple(
        _file_change(files[path], own)
        for path, own in source.by_file(operations).items()
        if any(operation["op"] != "test" for operation in own)
    )


def _file_change(file: SourceFile, operations: Sequence[Operation]) -> FileChange:
    edits = splice(file.text, operations, file=str(file.path))
    new = apply_edits(file.text, edits)
    if not same(value_of(parse(new)), jsonpatch.apply_patch(value_of(parse(file.text)), list(operations))):
        raise Refused(
            f"the edited text of {file.path} would not mean what was planned",
            hint="report this with the file's layout around the changed values; nothing was written",
        )
    return FileChange(
        path=str(file.path),
        sha256_before=file.sha256,
        sha256_after=sha256(new),
        edits=tuple(TextEdit(offset=e.offset, before=e.before, after=e.after) for e in edits),
        inverse=inverse(operations),
    )


def new_text(change: FileChange, text: str) -> str:
    return apply_edits(text, plain(change.edits))


def undo_edits(change: FileChange, text: str) -> tuple[Edit, ...]:
    """Return the edits that bring the old values back into *text*, the file as it is now.

    Where the file is as we left it they restore the old text byte for byte; where somebody edited
    it since, only our values are put back.

    Raises:
        StalePlan: one of our values was changed since.
    """
    if sha256(text) == change.sha256_after:
        return tuple(inverse_edits(plain(change.edits)))
    return splice(text, change.inverse, file=change.path)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plain(edits: Iterable[TextEdit]) -> tuple[Edit, ...]:
    return tuple(Edit(edit.offset, edit.before, edit.after) for edit in edits)

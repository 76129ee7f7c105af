from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.errors import Refused


@dataclass(frozen=True, slots=True)
class Edit:
    """Put *after* in the place of *before*; *offset* counts characters of the text before any edit."""

    offset: int
    before: str
    after: str

    @property
    def end(self) -> int:
        return self.offset + len(self.before)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Make the new text; raise Refused where the text is not what the edits were made for."""
    return "".join(_pieces(text, edits))


def revert_edits(text: str, edits: Sequence[Edit]) -> str:
    """Undo :func:`apply_edits` exactly; raise Refused where the text is not what the edits wrote."""
    return apply_edits(text, tuple(inverse(edits)))


def inverse(edits: Sequence[Edit]) -> Iterator[Edit]:
    """Yield the edits on the new text that bring the old text back."""
    shift = 0
    for edit in edits:
        yield Edit(edit.offset + shift, edit.after, edit.before)
        shift += len(edit.after) - len(edit.before)


def compose(text: str, edits: Sequence[Edit], step: Edit) -> tuple[Edit, ...]:
    """Add *step*, an edit on the text that *edits* make of *text*, to *edits*; edits that touch become one."""
    undo = tuple(inverse(edits))
    before = [edit for edit, was in zip(edits, undo, strict=True) if was.end < step.offset]
    after = [edit for edit, was in zip(edits, undo, strict=True) if was.offset > step.end]
    touched = undo[len(before) : len(undo) - len(after)]

    start = min([step.offset, *(was.offset for was in touched)])
    end = max([step.end, *(was.end for was in touched)])
    current = apply_edits(text, edits)
    new = current[start : step.offset] + step.after + current[step.end : end]
    old_start = start - _growth(before)
    old = text[old_start : end - _growth(edits[: len(edits) - len(after)])]
    return (*before, *([] if old == new else [Edit(old_start, old, new)]), *after)


def _growth(edits: Sequence[Edit]) -> int:
    return sum(len(edit.after) - len(edit.before) for edit in edits)


def _pieces(text: str, edits: Sequence[Edit]) -> Iterator[str]:
    at = 0
    for edit in edits:
        if edit.offset < at or not text.startswith(edit.before, edit.offset):
            raise Refused(
                "the file is not the text that these edits were made for",
                hint="somebody changed it: plan again, or restore the place by hand",
                evidence=[f"at character {edit.offset}"],
            )
        yield text[at : edit.offset]
        yield edit.after
        at = edit.end
    yield text[at:]

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from reconciler.errors import Position
from reconciler.policy.read import Unusable, unusable


_HINTS = {
    "mapping values are not allowed": "put quotes around a value that holds a colon",
    "could not find expected ':'": "a key needs a colon and a space after it",
    "found unexpected end of stream": "close the quote or the bracket",
    "expected <block end>": "check the indentation of this line",
    "cannot start any token": "put quotes around the value",
    "unknown escape character": "double the backslash, or use single quotes",
}
_TAB = re.compile(r"^ *\t", re.MULTILINE)


def events(text: str, file: str) -> Iterator[Any]:
    """Yield the parser's events; what the parser rejects is raised as `Unusable`."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise _syntax_error(error, text, file) from None
    except (YAMLError, ValueError, OverflowError, IndexError, AssertionError, AttributeError, TypeError):
        # The parser does not translate everything that its input makes it stumble over.
        raise unusable(Position(file, 1, 1), "is not YAML", hint="check it with a YAML editor") from None


def _syntax_error(error: MarkedYAMLError, text: str, file: str) -> Unusable:
    mark = error.problem_mark or error.context_mark
    at = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file, 1, 1)
    if tab := _tab(text, at):
        return unusable(tab, "a tab stands here", hint="YAML wants spaces: replace the tab")
    problem = re.sub(r"\s+", " ", error.problem or error.context or "something is wrong")
    hint = next((hint for sign, hint in _HINTS.items() if sign in problem), "check indentation and quotes")
    return unusable(at, f"is not YAML: {problem}", hint=hint)


def _tab(text: str, at: Position) -> Position | None:
    """Find the tab that the parser stumbled over: there, or indenting this line or the one before."""
    lines = re.split("\r\n|\r|\n", text)
    if lines[at.line - 1 : at.line] and lines[at.line - 1][at.col - 1 : at.col] == "\t":
        return at
    for number in (at.line, at.line - 1):
        if 0 < number <= len(lines) and _TAB.match(lines[number - 1]):
            return Position(at.file, number, lines[number - 1].index("\t") + 1)
    return None

"""JSON5 with the place of every value: what an edit needs in order to leave the rest of a file alone.

Accepts what the `json5` package of npm 2.2.3 accepts, which is what OpenClaw parses with. https://spec.json5.org
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import category

from reconciler.errors import Position, ReconcilerError
from reconciler.jsontypes import Json


MAX_SIZE = 2 * 1024 * 1024  # OpenClaw's own limit for a file
MAX_DEPTH = 100

_SPACE = "\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TRIVIA = re.compile(rf"(?:[{_SPACE}]++|//[^\n\r\u2028\u2029]*+|/\*(?s:.)*?\*/)*+")
_STRING = re.compile(r""""(?:[^"\\\n\r]++|\\(?:\r\n|(?s:.)))*+"|'(?:[^'\\\n\r]++|\\(?:\r\n|(?s:.)))*+'""")
_ESCAPE = re.compile(
    r"\\(?:u(?P<u>[0-9a-fA-F]{4})|x(?P<x>[0-9a-fA-F]{2})|(?P<line>\r\n|[\n\r\u2028\u2029])"
    r"|(?P<nul>0(?![0-9]))|(?P<same>[^ux0-9])|(?P<bad>(?s:.)))"
)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<word>Infinity|NaN)|0[xX](?P<hex>[0-9a-fA-F]+)"
    r"|(?P<decimal>(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))"
)
_WORD = re.compile(r"null|true|false")
_NAME = re.compile(rf"(?:[A-Za-z0-9_$]|\\u[0-9a-fA-F]{{4}}|[^\x00-\x7f{_SPACE}])+")
_NEWLINE = re.compile(r"\r\n|[\n\r]")

_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WORDS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
# an ECMAScript 5.1 IdentifierName, by Unicode category
_NAME_START = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"})
_NAME_PART = _NAME_START | {"Mn", "Mc", "Nd", "Pc"}
_SAFE_INTEGER = 2**53  # JavaScript reads every number as a double


class Json5Error(ReconcilerError):
    """The text is not JSON5; *at* is the first place that is wrong."""


@dataclass(frozen=True, slots=True)
class Scalar:
    value: bool | int | float | str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """One `key: value`; it starts at the key and ends where its value ends, before any comma."""

    key: str
    start: int
    key_end: int
    value: Node

    @property
    def end(self) -> int:
        return self.value.end


@dataclass(frozen=True, slots=True)
class Object:
    """Members in the order of the text; of members with the same key the last is the one that counts."""

    members: tuple[Member, ...]
    start: int
    end: int

    def member(self, key: str) -> Member | None:
        return next((member for member in reversed(self.members) if member.key == key), None)


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Node, ...]
    start: int
    end: int


Node = Scalar | Object | Array


def parse(text: str, *, file: str = "<text>") -> Node:
    """Parse a whole document; spans are offsets in *text*, ends exclusive. Raise Json5Error."""
    if len(text) > MAX_SIZE:
        raise Json5Error(
            "the file is larger than 2 MiB", hint="OpenClaw reads no larger file", at=Position(file, 1, 1)
        )
    return _Parser(text, file).document()


def plain(node: Node) -> Json:
    """Return the value without the places."""
    if isinstance(node, Object):
        return {member.key: plain(member.value) for member in node.members}
    if isinstance(node, Array):
        return [plain(item) for item in node.items]
    return node.value


def skip_trivia(text: str, at: int) -> int:
    """Return where white space and comments that begin at *at* end."""
    return _end(_TRIVIA.match(text, at), at)


def position(text: str, offset: int, *, file: str) -> Position:
    """Turn an offset into line and column; a byte order mark takes no column."""
    line_ends = [newline.end() for newline in _NEWLINE.finditer(text, 0, offset)]
    start = line_ends[-1] if line_ends else 0
    marks = start == 0 and offset > 0 and text.startswith("\ufeff")
    return Position(file, len(line_ends) + 1, offset - start + (0 if marks else 1))


def is_plain_name(key: str) -> bool:
    """Tell whether every JSON5 reader takes *key* without quotes."""
    return re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", key) is not None


class _Parser:
    __slots__ = ("_at", "_depth", "_file", "_text")

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._depth = 0

    def document(self) -> Node:
        self._skip()
        if not self._peek():
            raise self._error("the file is empty", hint="write at least {}")
        node = self._value()
        self._skip()
        if self._peek():
            raise self._unexpected("the end of the file")
        return node

    def _value(self) -> Node:
        opener = self._peek()
        if opener == "{":
            return self._object()
        if opener == "[":
            return self._array()
        start = self._at
        if opener and opener in "\"'":
            return Scalar(self._string(), start, self._at)
        if word := _WORD.match(self._text, start):
            self._at = word.end()
            return Scalar(_WORDS[word.group()], start, self._at)
        if number := _NUMBER.match(self._text, start):
            self._at = number.end()
            return Scalar(_number(number), start, self._at)
        raise self._unexpected("a value")

    def _object(self) -> Object:
        start = self._open()
        members: list[Member] = []
        while self._peek() != "}":
            members.append(self._member())
            self._separator("}")
        return Object(tuple(members), start, self._close())

    def _array(self) -> Array:
        start = self._open()
        items: list[Node] = []
        while self._peek() != "]":
            items.append(self._value())
            self._separator("]")
        return Array(tuple(items), start, self._close())

    def _open(self) -> int:
        start = self._at
        self._depth += 1
        if self._depth > MAX_DEPTH:
            problem = f"values are nested deeper than {MAX_DEPTH} levels"
            raise self._error(problem, hint="flatten the file")
        self._at += 1
        self._skip()
        return start

    def _close(self) -> int:
        self._depth -= 1
        self._at += 1
        return self._at

    def _separator(self, closer: str) -> None:
        self._skip()
        if self._peek() == ",":
            self._at += 1
            self._skip()
        elif self._peek() != closer:
            wanted = f"',' or '{closer}'"
            raise self._unexpected(wanted)

    def _member(self) -> Member:
        start = self._at
        key = self._string() if self._peek() in {'"', "'"} else self._name()
        key_end = self._at
        self._skip()
        if self._peek() != ":":
            raise self._unexpected("':'")
        self._at += 1
        self._skip()
        return Member(key, start, key_end, self._value())

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise self._error(
                "a string is not closed on its line", hint="close it with the quote that opens it"
            )
        body = match.group()[1:-1]
        if "\\" in body:
            body = _join_surrogates(_ESCAPE.sub(self._unescape, body))
        self._at = match.end()
        return body

    def _unescape(self, escape: re.Match[str]) -> str:
        kind = escape.lastgroup
        if kind == "bad":
            self._at += 1 + escape.start()
            raise self._error("an escape in a string is not one of JSON5", hint=r"write a backslash as \\")
        if kind in {"u", "x"}:
            return chr(int(escape[kind], 16))
        if kind == "same":
            return _CONTROLS.get(escape["same"], escape["same"])
        return "\0" if kind == "nul" else ""

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise self._unexpected("a key")
        name = re.sub(r"\\u(.{4})", lambda escape: chr(int(escape[1], 16)), match.group())
        if not name.isascii() or name[0].isdigit():
            self._check_name(name)
        self._at = match.end()
        return name

    def _check_name(self, name: str) -> None:
        starts = name[0] in "$_" or category(name[0]) in _NAME_START
        if not starts or any(
            char not in "$_\u200c\u200d" and category(char) not in _NAME_PART for char in name[1:]
        ):
            raise self._error("a key has a character that needs quotes", hint="put the key in quotes")

    def _skip(self) -> None:
        self._at = skip_trivia(self._text, self._at)
        if self._text.startswith("/*", self._at):
            raise self._error("a comment is not closed", hint="close it with */")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _unexpected(self, wanted: str) -> Json5Error:
        found = self._peek()
        if not found:
            return self._error(
                f"the file ends where {wanted} should be", hint="it looks cut off: restore the missing part"
            )
        return self._error(f"expected {wanted}, found {found!a}", hint="correct the file at this place")

    def _error(self, problem: str, *, hint: str) -> Json5Error:
        return Json5Error(problem, hint=hint, at=position(self._text, self._at, file=self._file))


def _end(match: re.Match[str] | None, at: int) -> int:
    return match.end() if match else at


def _number(match: re.Match[str]) -> int | float:
    if match["word"]:
        return float(match["sign"] + match["word"])
    value = _double(int(match["hex"], 16)) if match["hex"] else float(match["decimal"])
    signed = -value if match["sign"] == "-" else value
    return int(signed) if signed.is_integer() and abs(signed) < _SAFE_INTEGER else signed


def _double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")


def _join_surrogates(text: str) -> str:
    """Make one character of two halves that were escaped apart, as UTF-16 does by itself."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


_ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ’"
_FOLDED = str.maketrans(_ACCENTED, "aaaaaaceeeeiiiinooooouuuuyy'")
_EAST_ASIAN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_EAST_ASIAN}]+|[^\W_](?:[^\W{_EAST_ASIAN}]|['+#/.-](?=[^\W_]))*\+*#?")
_STEM_AT_LEAST = 3
_PARTS = re.compile(r"[-/.'_]")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that we look for, each with the concepts it may stand for.

    *phrases* are found by their first word, *stems* are what a word may begin with; East Asian words
    are found anywhere in a run of characters, since such texts put no blanks between words.
    """

    concepts: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[tuple[str, ...], ...]]
    stems: frozenset[str]
    longest_stem: int
    longest_run: int

    def count(self, text: str) -> Counter[str]:
        """Count the words of our list in *text*, in the order in which they first appear.

        Case and accents make no difference. The time is proportional to the length of the text.
        """
        tokens = _TOKEN.findall(folded(text))
        return Counter(self._words(tokens))

    def _words(self, tokens: list[str]) -> Iterator[str]:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if phrase := self._phrase(tokens, position):
                yield " ".join(phrase)
                position += len(phrase)
                continue
            if token[0] >= "\u3005":
                yield from self._in_run(token)
            elif word := self._word(token):
                yield word
            elif len(parts := _PARTS.split(token)) > 1:
                yield from filter(None, map(self._word, parts))
            position += 1

    def _phrase(self, tokens: list[str], position: int) -> tuple[str, ...] | None:
        for phrase in self.phrases.get(tokens[position], ()):
            if phrase == tuple(tokens[position : position + len(phrase)]):
                return phrase
        return None

    def _word(self, token: str) -> str | None:
        if token in self.concepts:
            return token
        for length in range(min(len(token), self.longest_stem), _STEM_AT_LEAST - 1, -1):
            if token[:length] in self.stems:
                return token[:length] + "*"
        return None

    def _in_run(self, run: str) -> Iterator[str]:
        position = 0
        while position < len(run):
            for length in range(self.longest_run, 0, -1):
                if (word := run[position : position + length]) in self.concepts:
                    yield word
                    position += len(word)
                    break
            else:
                position += 1


def folded(text: str) -> str:
    """Return *text* in small letters without accents, as the lexicon's words are compared."""
    return text.lower().translate(_FOLDED)


@cache
def lexicon() -> Lexicon:
    """Return the lexicon that the package brings: English, Chinese, Spanish, Portuguese, German, French, Japanese, some Russian."""
    document = json.loads(resources.files(__package__).joinpath("data/lexicon.json").read_text("utf-8"))
    concepts: dict[str, tuple[str, ...]] = {}
    for concept, languages in document.items():
        for words in languages.values():
            for word in map(str.strip, folded(words).split(",")):
                known = concepts.get(word, ())
                if concept not in known:
                    concepts[word] = (*known, concept)
    return _indexed(concepts)


def _indexed(concepts: dict[str, tuple[str, ...]]) -> Lexicon:
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for word in (word for word in concepts if " " in word):
        tokens = tuple(_TOKEN.findall(word))
        if " ".join(tokens) == word:
            phrases.setdefault(tokens[0], []).append(tokens)
    stems = frozenset(word[:-1] for word in concepts if word.endswith("*"))
    return Lexicon(
        concepts=MappingProxyType(concepts),
        phrases={first: tuple(sorted(found, key=len, reverse=True)) for first, found in phrases.items()},
        stems=stems,
        longest_stem=max(map(len, stems)),
        longest_run=max(len(word) for word in concepts if word[0] >= "\u3005"),
    )

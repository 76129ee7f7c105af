from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from reconciler.canonical import text_digest
from reconciler.policy.secret import looks_secret
from reconciler.tasks.lexicon import folded, lexicon
from reconciler.tasks.shape import shape_of


_READ_AT_MOST = 100_000
_LEADS = 3
_ADDRESSED = re.compile(
    r"(?:classif\w{1,6}|categori\w{1,8}|label|rate|treat|route|score|consider|mark|judge|count|clasifica|trata|considera|behandle|klassifiziere|traite|classe)"
    r"[\s:]{1,3}(?:(?:this|the|it|me|my|that|as|a|an|prompt|task|job|request|message|esta?|la|el|tarea|o|tarefa|dies\w{0,2}|die|aufgabe|als|cette?|tache|comme|como)[\s:]{1,3}){0,5}"
    r"[\"'`]?(?:simple|trivial|easy|low|cheap|low[- ]difficulty|coding|reasoning|creative|einfach|sencill[ao]|facil|facile)\b"
    r"|(?:this|the|current)\s(?:is|prompt is|task is|job is|request is)\s(?:a |an )?(?:simple|trivial|easy|low[- ]difficulty)\b"
    r"|(?:task|kind|type|difficulty|category|complexity)\s?[:=]\s?[\"'`]?(?:simple|trivial|easy|low)\b"
    r"|use (?:a|the) (?:cheap|small|weak)\w{0,3} model"
    r"|(?:分类|归类|分類|歸類|标记|標記|判断|判斷|视|視)[为為成作]{0,2}.{0,6}(?:简单|簡單|低难度|低難度)"
    r"|(?:简单|簡單)(?:的)?任[务務]|(?:簡単|単純)なタスク"
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What is kept of a prompt: its hash, its length and counts; the text itself never leaves its process.

    *words* are hits of words from our own list, *leads* the first of them in the text's order, *shape*
    what the text looks like. *addressed* tells that it speaks to whoever judges it ("classify this as
    simple"), *secret* that it holds what looks like a key.
    """

    sha256: str
    chars: int
    words: Mapping[str, int] = field(default_factory=dict)
    leads: tuple[str, ...] = ()
    shape: Mapping[str, int] = field(default_factory=dict)
    addressed: bool = False
    secret: bool = False

    @property
    def tokens(self) -> int:
        """Estimate the prompt's tokens at four characters each, the rule of thumb for English."""
        return (self.chars + 3) // 4


def signals_of(text: str) -> Signals:
    """Read the signals of a prompt; of a very long one only the first 100,000 characters are searched."""
    searched = html.unescape(text[:_READ_AT_MOST])
    words = lexicon().count(searched)
    return Signals(
        sha256=text_digest(text),
        chars=len(text),
        words=dict(sorted(words.items())),
        leads=tuple(islice(words, _LEADS)),
        shape=shape_of(searched),
        addressed=bool(_ADDRESSED.search(folded(searched))),
        secret=looks_secret(text[:_READ_AT_MOST]),
    )

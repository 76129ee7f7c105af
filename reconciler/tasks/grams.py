from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import sqrt
from zlib import crc32

from reconciler.tasks.lexicon import folded


BUCKETS = 4096
"""How many numbers a text is reduced to; different pieces may share one."""
_READ_AT_MOST = 4_000
_LENGTH = 4
_WORD = re.compile(r"[^\W\d_]{2,40}")


def grams(text: str) -> dict[int, float]:
    """Return how often each bucket is met by four-byte pieces of the different words, at length one.

    Only the first 4,000 characters are read. The pieces themselves cannot be told from their buckets.
    """
    counts: dict[int, int] = {}
    for word in set(_WORD.findall(folded(text[:_READ_AT_MOST]))):
        marked = f"<{word}>".encode("utf-8", "replace")
        for start in range(len(marked) - _LENGTH + 1):
            bucket = crc32(marked[start : start + _LENGTH]) % BUCKETS
            counts[bucket] = counts.get(bucket, 0) + 1
    length = sqrt(sum(count * count for count in counts.values())) or 1.0
    return {bucket: counts[bucket] / length for bucket in sorted(counts)}


def wording(
    found: Mapping[int, float], table: Sequence[tuple[int, int, int, int]]
) -> tuple[int, int, int, int]:
    """Return what the buckets add to each kind, in thousandths."""
    coding, reasoning, creative, simple = (
        round(sum(table[bucket][kind] * share for bucket, share in found.items())) for kind in range(4)
    )
    return coding, reasoning, creative, simple

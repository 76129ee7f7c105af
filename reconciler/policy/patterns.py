"""Patterns in which `*` stands for any run of characters and all else for itself, case included."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Tell whether *pattern* covers the whole of *text*."""
    first, *middle = pattern.split("*")
    if not middle:
        return pattern == text
    last = middle.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def covers(general: str, special: str) -> bool:
    """Tell whether all that *special* matches is matched by *general* too."""
    return matches(general, special)


def overlap(one: str, other: str) -> bool:
    """Tell whether some text is matched by both patterns."""
    reachable = _skip({0}, other)
    for character in one:
        reachable = _skip(_step(reachable, character, other), other)
    return len(other) in reachable


def _step(reachable: set[int], character: str, other: str) -> set[int]:
    """Advance in *other* from each place by what *character* of the first pattern can stand for."""
    if character == "*":
        return set(range(min(reachable, default=len(other) + 1), len(other) + 1))
    return {
        place if other[place] == "*" else place + 1
        for place in reachable
        if place < len(other) and other[place] in {character, "*"}
    }


def _skip(reachable: set[int], other: str) -> set[int]:
    """Add the places behind each `*`, which may stand for nothing."""
    found = set(reachable)
    for place in reachable:
        end = place
        while end < len(other) and other[end] == "*":
            end += 1
            found.add(end)
    return found

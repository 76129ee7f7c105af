"""The kinds of work: what tasks are judged to be, and what models are scored by."""

from __future__ import annotations

from typing import Literal


Kind = Literal["coding", "reasoning", "creative", "simple"]
KINDS: tuple[Kind, ...] = ("coding", "reasoning", "creative", "simple")

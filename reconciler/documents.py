from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.openclaw.bounded import read_bounded


_LARGEST = 256 * 1024 * 1024
"""Bytes; facts of 10,000 jobs are about 8 MB."""


def read_text(path: Path, *, largest: int = _LARGEST) -> str:
    """Read a plan or facts file of at most *largest* bytes.

    Raises:
        ReconcilerError: it is missing, too large, not a regular file, not text, or cannot be read.
    """
    text = read_bounded(path, largest)
    if text is None:
        raise ReconcilerError(f"cannot read {path}: there is no such file", hint="check the path")
    return text


def json_object(text: str, *, name: str, hint: str) -> dict[str, Any]:
    """Parse the text of a JSON object.

    Raises:
        ReconcilerError: with line and column of what is wrong.
    """
    if not text.strip():
        raise ReconcilerError(f"{name} is empty", hint=hint)
    try:
        plain = json.loads(text)
    except json.JSONDecodeError as error:
        raise ReconcilerError(
            f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}", hint=hint
        ) from error
    except RecursionError as error:
        raise ReconcilerError(f"{name} is nested too deeply", hint=hint) from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ReconcilerError(f"{name} holds a number that is too long", hint=hint) from error
    if not isinstance(plain, dict):
        raise ReconcilerError(f"{name} is not a JSON object", hint=hint)
    return plain

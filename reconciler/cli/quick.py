from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path


def quick(arguments: Sequence[str]) -> int | None:
    """Run a plainly written `validate` without the command line's parser; None for anything else.

    A pre-commit hook runs it at every commit, and loading the parser takes a quarter of its time.
    Whatever is not plain, help and mistakes too, is the parser's.
    """
    if not arguments or arguments[0] != "validate":
        return None
    words = iter(arguments[1:])
    named: list[Path] = []
    strict = False
    for word in words:
        if word == "--strict":
            strict = True
        elif word in {"-p", "--policy"} and (path := _value(words)):
            named.append(Path(path))
        else:
            return None
    return _validate(named, strict=strict)


def _value(words: Iterator[str]) -> str | None:
    word = next(words, "")
    return word if word and not word.startswith("-") else None


def _validate(named: Sequence[Path], *, strict: bool) -> int:
    from reconciler.cli.talk import explain, of_system
    from reconciler.cli.validation import validate
    from reconciler.errors import Exit, ReconcilerError

    try:
        return validate(named, strict=strict)
    except ReconcilerError as error:
        print(explain(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.ERROR
    except OSError as error:
        print(explain(of_system(error)), file=sys.stderr)
        return Exit.ERROR

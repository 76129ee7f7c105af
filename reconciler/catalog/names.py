from __future__ import annotations

import re
from collections.abc import Iterator


_BETWEEN_DIGITS = re.compile(r"(?<=\d)[-_: ]+(?=\d)")
_SEPARATOR = re.compile(r"(?<!\d)[-_: ]+|[-_: ]+(?!\d)")
_DATE = re.compile(r"[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest)(?:-v\d(?::\d)?)?$")
_ROUTE = re.compile(r":(?:free|nitro|floor|exacto|extended|thinking|online|beta|cloud)$|[-:]cloud$")
_PACKING = re.compile(
    r"""(?:[-_.:@](?:gguf|mlx|awq|gptq|fp8|fp16|bf16|f16|nvfp4|mxfp4|mxfp8|dwq|qat|ud|imat|tee|hf
        |\d+(?:\.\d+)?-?bits?|int[48]|w4a16|i?q\d(?:_[a-z0-9]+)*
        |\d{5}-of-\d{5}|instruct|it))+$""",
    re.VERBOSE,
)


def key(name: str) -> str:
    """Return what is left of a model's name without case and separators.

    Separators between digits stay, so that `gemma3:27b` and `gemma-3-27b` are the same but a size is
    never read as part of a version. Claude's versions are written with dots and with dashes.
    """
    text = _BETWEEN_DIGITS.sub("-", name.lower())
    text = _SEPARATOR.sub("", text)
    return text.replace(".", "-") if text.startswith("claude") else text


def candidates(ref: str) -> Iterator[str]:
    """Yield the keys under which the model of the ref `provider/model` may be listed, nearest first.

    Aggregators put the maker in front, vendors add dates, routers add a route (`:free`), and files of
    local servers carry the packing (`-Instruct-Q4_K_M.gguf`).
    """
    bare = ref.rpartition("/")[2].lower().removeprefix("hf:").removeprefix("meta-")
    undated = _DATE.sub("", bare)
    routed = _DATE.sub("", _ROUTE.sub("", undated))
    for name in (bare, undated, routed, _PACKING.sub("", routed)):
        if name:
            yield key(name)

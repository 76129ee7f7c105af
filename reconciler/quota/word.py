"""What the owner types for a used amount: `79%`, `120000` or `$3.20`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from reconciler.errors import UsageError


_WORD = re.compile(r"(?P<money>\$)?(?P<number>\d{1,15}(?:[,_]\d{3})*(?:\.\d{1,6})?)(?P<percent>%)?")


@dataclass(frozen=True, slots=True)
class Amount:
    """A used amount: a fraction of the limit, or units (*money*: US dollars)."""

    fraction: Decimal | None = None
    used: Decimal | None = None
    money: bool = False


def read_amount(text: str) -> Amount:
    """Read what the owner typed.

    Raises:
        UsageError: it is neither a percentage nor an amount.
    """
    found = _WORD.fullmatch(text.strip())
    if found is None or (found["money"] and found["percent"]):
        raise UsageError(f"{text!r} is no amount", hint="write 79%, 120000 or $3.20")
    number = Decimal(found["number"].replace(",", "").replace("_", ""))
    if found["percent"]:
        return Amount(fraction=number / 100)
    return Amount(used=number, money=bool(found["money"]))

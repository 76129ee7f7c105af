from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError


LONGEST = 1000
_TEXT_ERRORS = {"Cc": "a control character", "Cf": "an invisible formatting character", "Cs": "a surrogate"}
_EXPONENT = 20
_LEAST_SURE, _SUREST = Decimal("0.5"), Decimal("0.99")
_LONGEST_DAYS = 7


def refuse(problem: str, *, hint: str) -> NoReturn:
    """Raise the error of a value; braces would be taken for placeholders, so texts go in as context."""
    raise PydanticCustomError("policy", "{problem}", {"problem": problem, "hint": hint})


def _number(value: object) -> Decimal:
    """Accept what YAML calls a number; `true`, `"5"` and `6h` are none."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        refuse("expected a number", hint="write it without quotes and without a unit")
    number = Decimal(value)
    if (
        not number.is_finite()
        or number.adjusted() > _EXPONENT
        or -int(number.as_tuple().exponent) > _EXPONENT
    ):
        refuse("expected a number of ordinary size", hint="at most 20 digits on each side of the point")
    return number


def _share(value: object) -> Decimal:
    number = _number(value)
    if 2 <= number <= 100:  # noqa: PLR2004 -- somebody thinks in per cent
        refuse(f"expected a share from 0 to 1, found {number}", hint=f"{number} % is {number / 100}")
    if not 0 <= number <= 1:
        refuse(f"expected a share from 0 to 1, found {number}", hint="0.8 stands for 80 %")
    return number


def _times(value: object) -> Decimal:
    number = _number(value)
    if not 0 < number <= 100:  # noqa: PLR2004 -- nothing is a hundred times faster
        refuse(f"expected a number of times above 0, found {number}", hint="2.5 stands for 2.5 times as fast")
    return number


def _confidence(value: object) -> Decimal:
    share = _share(value)
    if not _LEAST_SURE <= share <= _SUREST:
        refuse("expected 0.5 to 0.99", hint="nothing is certain, and less than even is no confidence")
    return share


def _money(value: object) -> Decimal:
    number = _number(value)
    if number < 0:
        refuse(f"expected an amount of 0 or more, found {number}", hint="amounts are in US dollars")
    return number


def _whole(value: object, *, low: int, high: int, unit: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"expected a whole number of {unit}", hint="write digits only, without quotes and unit")
    if not low <= value <= high:
        refuse(f"expected {low} to {high} {unit}, found {value}", hint="check the number and its unit")
    return value


def _hour(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 23:  # noqa: PLR2004
        refuse("expected an hour from 0 to 23", hint="write 7 for 07:00 and 19 for 7 pm")
    return value


def _day_of_week(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 6:  # noqa: PLR2004
        refuse("expected a day of the week from 0 to 6", hint="0 is Sunday, 1 Monday, 6 Saturday")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse("expected the name of a time zone", hint="such as Europe/Berlin or UTC")
    return value


def _moment(value: str) -> str:
    """Check a local date and time; its zone is said beside it, so an offset would be a second opinion."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or "T" not in value:
        refuse("expected a local date and time", hint="such as 2026-12-01T07:00, read in `timezone`")
    return value


def _duration(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,3}[mhd]", value, re.ASCII):
        refuse("expected a length of time", hint="such as 90m, 6h or 2d")
    if duration(value) > timedelta(days=_LONGEST_DAYS):
        refuse(f"expected at most {_LONGEST_DAYS} days, found {value}", hint="check the number and its unit")
    return value


def duration(text: str) -> timedelta:
    """Return the length of time that a valid text such as `90m` stands for."""
    return (
        int(text[:-1])
        * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[text[-1]]
    )


def _text(value: str, *, lines: bool = False) -> str:
    for character in value:
        what = _TEXT_ERRORS.get(unicodedata.category(character))
        if what and not (lines and character == "\n"):
            refuse(f"holds {what}, U+{ord(character):04X}", hint="remove it, it can hide what is written")
    return value


def _model(value: str) -> str:
    if "*" in value:
        refuse("expected one model, found a pattern", hint="`*` belongs into allow and deny")
    return _shaped(value)


def _model_pattern(value: str) -> str:
    return value if "*" in value and not re.search(r"\s", value) else _shaped(value)


def _shaped(value: str) -> str:
    if not re.fullmatch(r"[^\s/]+(/[^\s/]+)+", value):
        refuse("expected provider/model", hint="such as anthropic/claude-opus-4-6, or anthropic/*")
    return value


Line = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(_text)]
"""Text of one line, safe to print."""
Prose = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(partial(_text, lines=True))
]
Pattern = Line
"""Text in which `*` stands for any run of characters."""
Model = Annotated[
    Line, AfterValidator(_model), WithJsonSchema({"type": "string", "pattern": "^[^\\s/*]+(/[^\\s/*]+)+$"})
]
ModelPattern = Annotated[
    Line,
    AfterValidator(_model_pattern),
    WithJsonSchema({"type": "string", "pattern": "^[^\\s]*[/*][^\\s]*$"}),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""An identifier of the host: a provider, an account."""
Share = Annotated[
    Decimal, BeforeValidator(_share), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})
]
Confidence = Annotated[
    Decimal, BeforeValidator(_confidence), WithJsonSchema({"type": "number", "minimum": 0.5, "maximum": 0.99})
]
Money = Annotated[Decimal, BeforeValidator(_money), WithJsonSchema({"type": "number", "minimum": 0})]
Times = Annotated[
    Decimal,
    BeforeValidator(_times),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 100}),
]
Hour = Annotated[
    int, BeforeValidator(_hour), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 23})
]
DayOfWeek = Annotated[
    int, BeforeValidator(_day_of_week), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 6})
]
TimeZone = Annotated[Line, AfterValidator(_zone)]
Moment = Annotated[
    Line,
    AfterValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"}),
]
Duration = Annotated[
    Line,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,3}[mhd]$"}),
]
"""A number of minutes, hours or days, at most seven days."""


def whole(low: int, high: int, unit: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Constrain an int to *low*…*high*; *unit* is the plural that the message uses."""
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return BeforeValidator(partial(_whole, low=low, high=high, unit=unit)), WithJsonSchema(schema)


Hours = Annotated[int, *whole(0, 24 * 366, "hours")]
Minutes = Annotated[int, *whole(1, 60 * 24 * 366, "minutes")]
Count = Annotated[int, *whole(0, 100_000, "changes")]

from __future__ import annotations


class Secret:
    """A value that no `repr`, `str`, format or comparison gives away; :meth:`reveal` does, at the last moment."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        msg = "a secret is not to be pickled or copied"
        raise TypeError(msg)

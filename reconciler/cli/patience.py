from __future__ import annotations

import signal
from datetime import datetime
from threading import Event
from types import FrameType, TracebackType
from typing import Self

from reconciler.cli import context


_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LONGEST = 60.0
"""Seconds of one sleep: after the machine slept, or its clock was set, the time is looked at again."""


class Patience:
    """Waits between two runs; a signal to end ends the waiting, and lets a run that has begun finish.

    A second signal ends the process as it would without us.
    """

    def __init__(self) -> None:
        self._over = Event()
        self._before: dict[int, signal._HANDLER] = {}

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def until(self, moment: datetime) -> None:
        while not self.over and (left := (moment - context.now()).total_seconds()) > 0:
            self._over.wait(min(left, _LONGEST))

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._end) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._restore()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._over.set()
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

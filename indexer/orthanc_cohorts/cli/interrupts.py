"""Ctrl-C and SIGTERM as one exception that cleans up once, never in the middle of a start or of a cleanup.

Knows signals only.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked this process to stop; number: the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class Interrupts:
    """Turns the first signal into Interrupted; later ones are ignored, not to cut the cleanup short."""

    def __init__(self) -> None:
        self._held = self._ignored = False
        self._number: int | None = None

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Handle the signals within the block; the handlers of before are restored."""
        before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in before.items():
            # nohup: the demo is to outlive its terminal.
            if (number, handler) != (signal.SIGHUP, signal.SIG_IGN):
                signal.signal(number, self._take)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put a signal off to the end of the block. Raises Interrupted there."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._number is not None:
            raise Interrupted(self._number)

    def ignore(self) -> None:
        """Ignore all signals from now on: the cleanup has begun, for whatever reason."""
        self._ignored = True

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._ignored or self._number is not None:
            return
        self._number = number
        if not self._held:
            raise Interrupted(number)

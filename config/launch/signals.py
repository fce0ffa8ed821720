"""The requests to end: the first one is obeyed in order, the second one at once. No Django."""

from __future__ import annotations

import signal
import time

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ONE_REQUEST = 0.3
"""Seconds. One request may come twice: a make that is told to end tells us, and so does whoever told its group."""


class EndRequests:
    """Counts the signals that ask for the end, once `listen` was called."""

    def __init__(self) -> None:
        self._count = 0
        self._last = -ONE_REQUEST

    def listen(self) -> None:
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores one of them
                signal.signal(number, lambda *_: self.note(time.monotonic()))

    def note(self, now: float) -> None:
        """One came at this time (in seconds)."""
        if now - self._last >= ONE_REQUEST:
            self._count += 1
            self._last = now

    def end(self) -> bool:
        return self._count > 0

    def hurry(self) -> bool:
        return self._count > 1

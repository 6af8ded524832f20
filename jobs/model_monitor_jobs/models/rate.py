"""How fast a live model is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Rate:
    """Lets requests go at an even pace, at most `per_second` (None: as fast as they come), for all threads together.

    While the model is said to be overloaded nobody asks it.
    """

    def __init__(
        self,
        per_second: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._step = 0.0 if per_second is None else 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._held = 0.0

    def wait(self) -> None:
        """Return when the next request may go."""
        with self._lock:
            turn = max(self._clock(), self._next)
            self._next = turn + self._step
        # It may be said to be overloaded while one waits.
        while (left := max(turn, self._held) - self._clock()) > 0:
            self._sleep(left)

    def hold(self, seconds: float) -> None:
        """Let nobody go for so long."""
        with self._lock:
            self._held = max(self._held, self._clock() + seconds)
            self._next = max(self._next, self._held)

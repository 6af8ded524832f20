"""Asking once more where asking again may help."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from model_monitor_jobs.models.predictor import AnswerError, ModelUnavailable
from model_monitor_jobs.models.rate import Rate

_LONGEST: Final = 60.0

Found = TypeVar("Found")


class Refused(ModelUnavailable):
    """One attempt that failed; `wait` seconds is what the model asks for, None where it says nothing.

    `overloaded` where all requests should wait, not only this one.
    """

    def __init__(self, message: str, *, wait: float | None = None, overloaded: bool = False) -> None:
        super().__init__(message)
        self.wait = wait
        self.overloaded = overloaded


@dataclass(frozen=True)
class Attempts:
    """`most` attempts of one request, after pauses of `pause` seconds, doubled each time, of at most a minute.

    A pause is shortened by up to a half, by the name of the request, so that requests which failed together don't come
    back together.
    """

    most: int = 5
    pause: float = 0.5
    sleep: Callable[[float], None] = field(default=time.sleep, compare=False)

    def ask(self, name: str, rate: Rate, once: Callable[[], Found]) -> Found:
        """What `once` returns. Raises ModelUnavailable with the name of the request and the last reason."""
        attempt = 0
        while True:
            rate.wait()
            attempt += 1
            try:
                return once()
            except (Refused, AnswerError) as error:
                if attempt >= self.most:
                    raise ModelUnavailable(
                        f"{name}: {error.message} (attempt {attempt} of {self.most})", remedy=_remedy(error)
                    ) from error
                pause = self._pause(name, attempt, error)
                if isinstance(error, Refused) and error.overloaded:
                    rate.hold(pause)
                else:
                    self.sleep(pause)

    def _pause(self, name: str, attempt: int, error: Refused | AnswerError) -> float:
        if isinstance(error, Refused) and error.wait is not None:
            return min(error.wait, _LONGEST)
        shortened = 1 - zlib.crc32(f"{name} {attempt}".encode()) / 2**33
        return float(min(self.pause * 2 ** (attempt - 1), _LONGEST) * shortened)


def _remedy(error: Refused | AnswerError) -> str:
    if isinstance(error, AnswerError):
        return "check the model's protocol and output; what it answers is shown"
    if error.overloaded:
        return "ask for fewer records at once, or fewer requests per second"
    return "see the model's log, and check its address"

"""The demo's labels: whether each flight was late, and when that was known."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pandas as pd

LATE_MINUTES: Final = 15
TIME_ON_THE_GROUND: Final = timedelta(minutes=30)
"""From leaving the gate to leaving the ground, and from landing to the gate: about half an hour in all."""
UNTIL_CALLED_OFF: Final = timedelta(hours=3)
UNTIL_ELSEWHERE: Final = timedelta(hours=6)


def arrived_late(flights: pd.DataFrame) -> pd.Series[bool]:
    """Whether a flight arrived 15 minutes late or more, or not at all: cancelled and diverted flights are late."""
    return ~flights["arr_delay"].lt(LATE_MINUTES)


def known_at(flights: pd.DataFrame, scheduled: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """When it was known whether a flight was late: when it arrived.

    A cancelled flight, which has no departure delay, is known three hours after it should have left; a diverted one,
    which has no air time, six hours after it left.
    """
    left = scheduled + pd.to_timedelta(flights["dep_delay"], unit="min")
    arrived = left + pd.to_timedelta(flights["air_time"], unit="min") + TIME_ON_THE_GROUND
    return arrived.fillna(left + UNTIL_ELSEWHERE).fillna(scheduled + UNTIL_CALLED_OFF)

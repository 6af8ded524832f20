"""The demo's labels: whether each flight was late, written down in the hour in which that was known."""

from __future__ import annotations

import json
from collections.abc import Sequence
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


def label_lines(events: Sequence[str], late: pd.Series[bool]) -> list[str]:
    """SageMaker's ground truth records, one label a line; `events` are the ids of what was asked."""
    return [_record(event, label) for event, label in zip(events, late, strict=True)]


def _record(event: str, late: bool) -> str:
    record = {
        "groundTruthData": {"data": str(int(late)), "encoding": "CSV"},
        "eventMetadata": {"eventId": event},
        "eventVersion": "0",
    }
    return json.dumps(record, separators=(",", ":"))

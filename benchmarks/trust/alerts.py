"""From verdicts to alerts, by the rule that the operator itself applies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_monitor_crds.alert import Check, JudgedWindow, raised_alerts

Flags = NDArray[np.bool_]

DATAPOINTS, PERIODS = 2, 3
TRIAL = 3
"""Windows within which a change is to be seen."""


@dataclass(frozen=True)
class Verdicts:
    """Of one check of one column over consecutive windows."""

    check: Check
    violated: Flags
    immediate: Flags
    judged: Flags

    @classmethod
    def plain(cls, column: str, type: str, violated: Flags) -> Verdicts:
        """Of a rule that always judges and knows no alert at once."""
        return cls(Check(column, type), violated, np.zeros_like(violated), np.ones_like(violated))


def onsets(verdicts: list[Verdicts]) -> int:
    """How many times a check of a column went into alert."""
    if not verdicts:
        return 0
    windows = [_window(verdicts, place) for place in range(len(verdicts[0].violated))]
    started = 0
    before: set[Check] = set()
    for place in range(len(windows)):
        raised = raised_alerts(windows[max(0, place - 3 * PERIODS) : place + 1], DATAPOINTS, PERIODS)
        now = {alert.check for alert in raised}
        started += len(now - before)
        before = now
    return started


def seen(verdicts: list[Verdicts]) -> Flags:
    """For each trial of three consecutive windows, whether any of one column's checks went into alert."""
    trials = len(verdicts[0].violated) // TRIAL
    found = np.zeros(trials, dtype=np.bool_)
    for one in verdicts:
        violated, immediate = (
            flags[: trials * TRIAL].reshape(trials, TRIAL) for flags in (one.violated, one.immediate)
        )
        found |= (violated.sum(axis=1) >= DATAPOINTS) | immediate.any(axis=1)
    return found


def _window(verdicts: list[Verdicts], place: int) -> JudgedWindow:
    return JudgedWindow(
        violated=frozenset(one.check for one in verdicts if one.violated[place]),
        immediate=frozenset(one.check for one in verdicts if one.immediate[place]),
        not_judged=frozenset(one.check for one in verdicts if not one.judged[place]),
    )

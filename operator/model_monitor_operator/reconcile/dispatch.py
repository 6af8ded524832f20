"""Which pure function decides for which kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from model_monitor_operator.reconcile.baseline import reconcile as reconcile_baseline
from model_monitor_operator.reconcile.execution import reconcile as reconcile_execution
from model_monitor_operator.reconcile.plan import Plan
from model_monitor_operator.reconcile.schedule import reconcile as reconcile_schedule
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import BASELINE, EXECUTION, SCHEDULE, Key, State

_KINDS: Final[Mapping[str, Callable[[State, Key, datetime, Settings], Plan]]] = MappingProxyType(
    {
        BASELINE: reconcile_baseline,
        SCHEDULE: reconcile_schedule,
        EXECUTION: reconcile_execution,
    }
)


def reconcile(state: State, key: Key, now: datetime, settings: Settings) -> Plan:
    """What is to be done for one Baseline, MonitoringSchedule or MonitoringExecution; reads the state only."""
    return _KINDS[key.kind](state, key, now, settings)

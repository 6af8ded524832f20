"""The API of Model Monitor Operator: its resources and the pure rules both sides share."""

from model_monitor_crds import baseline, monitoringexecution, monitoringschedule
from model_monitor_crds.baseline import Baseline
from model_monitor_crds.monitoringexecution import MonitoringExecution
from model_monitor_crds.monitoringschedule import MonitoringSchedule

KINDS = (baseline.KIND, monitoringschedule.KIND, monitoringexecution.KIND)

__all__ = ["KINDS", "Baseline", "MonitoringExecution", "MonitoringSchedule"]

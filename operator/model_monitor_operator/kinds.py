"""The kinds that the operator touches: their API versions and plurals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from model_monitor_crds.base import API_VERSION

PLURALS: Final[Mapping[str, tuple[str, str]]] = {
    "Baseline": (API_VERSION, "baselines"),
    "MonitoringSchedule": (API_VERSION, "monitoringschedules"),
    "MonitoringExecution": (API_VERSION, "monitoringexecutions"),
    "CronJob": ("batch/v1", "cronjobs"),
    "Job": ("batch/v1", "jobs"),
    "Pod": ("v1", "pods"),
    "Event": ("v1", "events"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings"),
}
"""API version and plural of each kind that is touched."""

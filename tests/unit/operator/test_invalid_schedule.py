"""What the schema can't say of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_operator.reconcile.monitor import invalid_schedule

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "baselineRef": {"name": "b"},
    "input": {"batch": {"dataURI": "s3://b/d"}},
    "output": {"uri": "s3://b/o"},
}


def standing(**changed: Any) -> str | None:
    found = invalid_schedule(MonitoringScheduleSpec.model_validate(SPEC | changed), NOW)
    return found.message if found is not None else None


def test_an_unknown_zone_is_refused_on_demand_too() -> None:
    assert standing() is None
    assert "Europe/Berln" in (standing(timeZone="Europe/Berln") or "")
    assert "Europe/Berln" in (standing(timeZone="Europe/Berln", schedule="@hourly") or "")

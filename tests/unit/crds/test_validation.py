"""Faults of objects name their field, what is wrong, and the value."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.validation import describe

SPEC: dict[str, Any] = {
    "schedule": "0 * * * *",
    "input": {"endpoint": {"captureURI": "s3://acme/capture"}},
    "baselineRef": {"name": "churn"},
    "output": {"uri": "s3://acme/reports"},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timezone": "UTC"}, "spec.timezone: there is no such field; see docs/api.md (found 'UTC')"),
        ({"output": {}}, "spec.output.uri: this field is required"),
        ({"suspend": "perhaps"}, "spec.suspend: Input should be a valid boolean (found 'perhaps')"),
        ({"input": {}}, "spec.input: set exactly one of endpoint and batch"),
        ({"alert": {"datapointsToAlert": 9}}, "spec.alert: datapointsToAlert may not exceed evaluationPeriods"),
    ],
)  # fmt: skip
def test_a_fault_names_field_and_value(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MonitoringScheduleSpec.model_validate(SPEC | change)
    assert describe(caught.value, within="spec").startswith(said)


def test_all_faults_are_told() -> None:
    with pytest.raises(ValidationError) as caught:
        MonitoringScheduleSpec.model_validate(SPEC | {"output": {}, "timezone": "UTC"})
    assert describe(caught.value) == (
        "output.uri: this field is required; timezone: there is no such field; see docs/api.md (found 'UTC')"
    )

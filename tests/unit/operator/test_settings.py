"""Reading the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from model_monitor_operator.settings import Settings, SettingsError


def test_missing_and_empty_variables_leave_the_defaults() -> None:
    assert Settings.from_environment({"MODEL_MONITOR_NAMESPACES": "", "HOME": "/"}) == Settings()


def test_values_are_read() -> None:
    found = Settings.from_environment(
        {
            "MODEL_MONITOR_NAMESPACES": "a, b",
            "MODEL_MONITOR_RESYNC_INTERVAL": "60",
            "MODEL_MONITOR_JOB_RESOURCES": '{"limits": {"memory": "1Gi"}}',
        }
    )
    assert found.namespaces == ("a", "b")
    assert found.resync_interval == timedelta(minutes=1)
    assert found.job_resources == {"limits": {"memory": "1Gi"}}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MODEL_MONITOR_WORKERS", "0", "at least 1"),
        ("MODEL_MONITOR_WORKERS", "many", "many"),
        ("MODEL_MONITOR_LOG_FORMAT", "xml", "text, json"),
        ("MODEL_MONITOR_JOB_RESOURCES", "[]", "limits"),
        ("MODEL_MONITOR_JOB_IMAGES", "x", "no such setting"),
    ],
)
def test_an_unreadable_value_names_the_variable(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: value})
    assert name in str(caught.value)
    assert message in str(caught.value)

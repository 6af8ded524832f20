"""When migrated monitors run, on which data, and which definition they have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from model_monitor_crds import MonitoringSchedule
from model_monitor_crds.run import window_of_tick
from model_monitor_crds.schedule import Schedule
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.migration.names import object_name
from model_monitor_jobs.migration.resources import TYPES
from model_monitor_jobs.migration.settings import Settings
from tests.unit.jobs.migration.sagemaker_shapes import (
    STORE,
    Object,
    definition,
    described,
    endpoint_input,
    fates,
    manifests,
    migrate,
    once,
    schedule,
)


def monitor(expression: str | None, inputs: Object | None = None, **more: Any) -> Object:
    changes: Object = {"dataQualityJobInput": {"endpointInput": inputs}} if inputs else {}
    job = definition("DataQuality", **changes)
    (made,) = manifests(migrate(schedule("DataQuality", expression=expression, **more), job), "MonitoringSchedule")
    return made


def windows(document: Object, start: datetime, end: datetime) -> list[Window]:
    """The windows of the runs of a time."""
    spec = MonitoringSchedule.model_validate(document).spec
    ticks = Schedule.parse(spec.schedule or "").ticks(start, end)
    return [window_of_tick(spec, tick) for tick in ticks]


def hour(day: int, of_day: int) -> datetime:
    return datetime(2026, 3, day, of_day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "cron"),
    [
        ("cron(0 * ? * * *)", "10 * * * *"),
        ("cron(0 05 ? * * *)", "10 05 * * *"),
        ("cron(0 00/12 ? * * *)", "10 00/12 * * *"),
        ("cron(0 02/06 ? * * *)", "10 02/6 * * *"),
        ("cron(0 0/01 ? * * *)", "10 0/1 * * *"),
        ("cron(0 7/24 ? * * *)", "10 7/24 * * *"),
        (None, "10 0 * * *"),
    ],
)
def test_expressions(expression: str | None, cron: str) -> None:
    assert monitor(expression)["spec"]["schedule"] == cron


def test_windows_are_those_of_sagemaker_though_runs_are_due_later() -> None:
    found = windows(monitor("cron(0 * ? * * *)"), hour(1, 3), hour(1, 5))
    assert found == [Window(hour(1, 2), hour(1, 3)), Window(hour(1, 3), hour(1, 4))]
    (daily,) = windows(monitor("cron(0 7 ? * * *)"), hour(2, 0), hour(2, 23))
    assert daily == Window(hour(1, 7), hour(2, 7))


def test_runs_that_are_not_evenly_far_apart_keep_their_times() -> None:
    document = monitor("cron(0 0/10 ? * * *)")
    assert document["spec"]["schedule"] == "0 0/10 * * *"
    assert windows(document, hour(1, 21), hour(2, 1)) == [Window(hour(1, 20), hour(2, 0))]


def test_offsets_are_relative_to_the_scheduled_time() -> None:
    """AWS' own example: the run of 9 January 13:00 with -P8D and -P1D judges 1 January 13:00 to 8 January 13:00."""
    document = monitor("cron(0 13 ? * * *)", endpoint_input(startTimeOffset="-P8D", endTimeOffset="-P1D"))
    assert document["spec"]["schedule"] == "0 13 * * *", "data of yesterday are not late any more"
    (found,) = windows(document, datetime(2020, 1, 9, 12, tzinfo=UTC), datetime(2020, 1, 9, 14, tzinfo=UTC))
    assert found == Window(datetime(2020, 1, 1, 13, tzinfo=UTC), datetime(2020, 1, 8, 13, tzinfo=UTC))


def test_an_offset_alone_has_the_schedule_for_the_other() -> None:
    start = monitor("cron(0 * ? * * *)", endpoint_input(startTimeOffset="-PT3H"))["spec"]["input"]["window"]
    assert start == {"startOffset": "-PT3H10M", "endOffset": "-PT10M"}
    end = monitor("cron(0 0/6 ? * * *)", endpoint_input(endTimeOffset="-PT1H"))["spec"]["input"]["window"]
    assert end == {"startOffset": "-PT6H", "endOffset": "-PT1H"}
    with pytest.raises(ConfigurationError, match="endTimeOffset: has no start"):
        monitor("cron(0 0/10 ? * * *)", endpoint_input(endTimeOffset="-PT1H"))


def test_offsets_of_seconds_keep_them() -> None:
    window = monitor("cron(0 * ? * * *)", endpoint_input(startTimeOffset="-PT90M30S"))["spec"]["input"]["window"]
    assert window == {"startOffset": "-PT6030S", "endOffset": "-PT10M"}


def test_the_schedules_own_analysis_times_go_first() -> None:
    migration = migrate(
        schedule("DataQuality", dataAnalysisStartTime="-PT24H", dataAnalysisEndTime="-PT2H"),
        definition("DataQuality", dataQualityJobInput={"endpointInput": endpoint_input(startTimeOffset="-PT1H")}),
    )
    (made,) = manifests(migration, "MonitoringSchedule")
    assert made["spec"]["input"]["window"] == {"startOffset": "-P1D", "endOffset": "-PT2H"}
    assert fates(migration)["dataQualityJobInput.endpointInput.startTimeOffset"][0] == "to do"


def test_now_is_a_monitor_on_demand_and_one_run() -> None:
    made, run = manifests(migrate(once(), definition("DataQuality", "churn-on-demand")))[1:]
    assert "schedule" not in made["spec"]
    assert made["spec"]["input"]["window"] == {"startOffset": "-PT2H", "endOffset": "PT0S"}
    assert run["kind"] == "MonitoringExecution"
    assert run["metadata"]["name"] == "churn-once-now"
    assert run["spec"] == {"scheduleRef": {"name": "churn-once"}}


def test_a_definition_without_a_schedule_is_a_monitor_on_demand() -> None:
    migration = migrate(definition("DataQuality"))
    baseline, made = manifests(migration)
    assert made["metadata"]["name"] == baseline["metadata"]["name"] == "churn-definition"
    assert "schedule" not in made["spec"]
    assert "MonitoringExecution" in fates(migration)["spec.schedule"][1]
    assert migration.complete


def test_schedules_that_share_a_definition_share_a_baseline() -> None:
    made = manifests(
        migrate(
            schedule("DataQuality", "hourly"),
            schedule("DataQuality", "daily", expression="cron(0 3 ? * * *)"),
            definition("DataQuality"),
        )
    )
    assert [(d["kind"], d["metadata"]["name"]) for d in made] == [
        ("Baseline", "churn-definition"),
        ("MonitoringSchedule", "hourly"),
        ("MonitoringSchedule", "daily"),
    ]
    assert {d["spec"]["baselineRef"]["name"] for d in made[1:]} == {"churn-definition"}


def test_a_stopped_schedule_is_suspended() -> None:
    stopped = described(schedule("DataQuality")) | {"MonitoringScheduleStatus": "Stopped", "EndpointName": "x"}
    migration = migrate(stopped, definition("DataQuality"))
    (made,) = manifests(migration, "MonitoringSchedule")
    assert made["spec"]["suspend"] is True
    running = migrate(stopped | {"MonitoringScheduleStatus": "Scheduled"}, definition("DataQuality"))
    assert "suspend" not in manifests(running, "MonitoringSchedule")[0]["spec"]
    assert migration.complete
    assert running.complete


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([schedule("ModelBias", uses="gone")], "describe-model-bias-job-definition --job-definition-name gone"),
        ([schedule(None, uses="gone"), definition("DataQuality")], "which have churn-definition"),
        ([schedule("ModelBias"), definition("DataQuality")], "is of DataQuality"),
        ([schedule(None), definition("DataQuality"), definition("ModelBias")], "several job definitions"),
        ([definition("DataQuality"), definition("DataQuality")], "stands twice"),
        ([schedule("DataQuality", expression="rate(1 hour)"), definition("DataQuality")], "scheduleExpression"),
        ([schedule("DataQuality", expression="cron(0 * ? * * 2026)"), definition("DataQuality")], "a year"),
    ],
)
def test_schedules_that_can_not_be_converted(documents: list[Object], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        migrate(*documents)
    assert said in str(error.value)


def test_definitions_of_all_types_may_have_one_name() -> None:
    migration = migrate(*(definition(type_) for type_ in TYPES), definition("DataQuality", "Churn.definition"))
    for kind in ("Baseline", "MonitoringSchedule"):
        names = [document["metadata"]["name"] for document in manifests(migration, kind)]
        assert names[0] == "churn-definition"
        assert all(name.startswith("churn-definition-") for name in names[1:])
        assert len(set(names)) == 5
    assert len({group.name for group in migration.groups}) == 5


def test_the_capture_of_an_endpoint_is_found_in_the_files() -> None:
    alone = Settings()
    documents = [schedule("DataQuality"), definition("DataQuality")]
    config = {"destinationS3URI": f"{STORE}/seen", "enableCapture": True}
    ack = [
        {
            "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
            "kind": kind,
            "metadata": {"name": "x"},
            "spec": spec,
        }
        for kind, spec in (
            ("Endpoint", {"endpointName": "churn-endpoint", "endpointConfigName": "churn-config"}),
            ("EndpointConfig", {"endpointConfigName": "churn-config", "dataCaptureConfig": config}),
        )
    ]
    printed = {
        "EndpointName": "churn-endpoint",
        "EndpointConfigName": "churn-config",
        "DataCaptureConfig": {"DestinationS3Uri": f"{STORE}/seen/"},
    }
    for known in (ack, [printed]):
        migration = migrate(*documents, *known, settings=alone)
        (made,) = manifests(migration, "MonitoringSchedule")
        assert made["spec"]["input"]["endpoint"] == {"captureURI": f"{STORE}/seen/churn-endpoint"}
        assert migration.complete


def test_without_it_the_manifest_is_refused_until_it_is_filled_in() -> None:
    migration = migrate(schedule("DataQuality"), definition("DataQuality"), settings=Settings())
    (made,) = manifests(migration, "MonitoringSchedule")
    assert not migration.complete
    assert "describe-endpoint --endpoint-name churn-endpoint" in fates(migration)["spec.input.endpoint.captureURI"][1]
    with pytest.raises(ValueError, match="must start with s3://bucket"):
        MonitoringSchedule.model_validate(made)


def test_the_folder_of_one_endpoint_is_taken_as_it_is() -> None:
    given = Settings(capture_uri=f"{STORE}/seen/churn-endpoint/")
    (made,) = manifests(migrate(definition("DataQuality"), settings=given), "MonitoringSchedule")
    assert made["spec"]["input"]["endpoint"] == {"captureURI": f"{STORE}/seen/churn-endpoint"}


def test_namespace_labels_and_tags() -> None:
    document = schedule("DataQuality")
    document["metadata"] |= {"namespace": "ml", "labels": {"team": "credit"}, "annotations": {"x": "y"}}
    document["spec"]["tags"] = [
        {"key": "environment", "value": "production"},
        {"key": "cost/center", "value": "4 711"},
        {"key": "aws:created", "value": "x"},
    ]
    migration = migrate(document, definition("DataQuality"))
    baseline, made = manifests(migration)
    assert baseline["metadata"]["namespace"] == made["metadata"]["namespace"] == "ml"
    assert made["metadata"]["labels"] == {"environment": "production", "customer": "test-user", "team": "credit"}
    assert made["metadata"]["annotations"] == {"cost/center": "4 711"}
    assert fates(migration)["tags[2].key"][0] == "left out"


@pytest.mark.parametrize(
    ("text", "name"),
    [("Churn_Model.Daily", "churn-model-daily"), ("--", "monitor"), ("a" * 52, "a" * 52), ("a-" * 30, None)],
)
def test_names(text: str, name: str | None) -> None:
    made = object_name(text, 52)
    assert len(made) <= 52
    assert made == name or (name is None and made != object_name(text + "b", 52))

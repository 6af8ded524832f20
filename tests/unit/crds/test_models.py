"""Manifests read without a cluster: what the API server refuses is refused here, in the same words."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from model_monitor_crds import KINDS, Baseline, MonitoringExecution, MonitoringSchedule
from model_monitor_crds.base import Model
from model_monitor_crds.metadata import Kind
from model_monitor_crds.rules import KEYWORD, Checked, Rule

API = "modelmonitor.dev/v1alpha1"
WINDOW = {"start": "2026-07-01T00:00:00Z", "end": "2026-07-02T00:00:00Z"}


def baseline() -> dict[str, Any]:
    spec = {"dataset": {"uri": "s3://acme/train.csv"}, "output": {"uri": "s3://acme/baseline"}}
    return {"apiVersion": API, "kind": "Baseline", "metadata": {"name": "b"}, "spec": spec}


def schedule() -> dict[str, Any]:
    spec = {
        "schedule": "@hourly",
        "baselineRef": {"name": "b"},
        "input": {"endpoint": {"captureURI": "s3://acme/capture"}},
        "output": {"uri": "s3://acme/reports"},
    }
    return {"apiVersion": API, "kind": "MonitoringSchedule", "metadata": {"name": "s"}, "spec": spec}


def execution() -> dict[str, Any]:
    spec = {"scheduleRef": {"name": "s"}}
    return {"apiVersion": API, "kind": "MonitoringExecution", "metadata": {"name": "e"}, "spec": spec}


MODELS: dict[str, type[Model]] = {
    "Baseline": Baseline,
    "MonitoringSchedule": MonitoringSchedule,
    "MonitoringExecution": MonitoringExecution,
}


def change(manifest: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The manifest with another value at a path; None takes the field away."""
    changed = deepcopy(manifest)
    *parents, last = path.split(".")
    place = changed
    for name in parents:
        place = place.setdefault(name, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return changed


EXISTING = {"statisticsURI": "s3://a/s.json", "constraintsURI": "s3://a/c.json"}
VOLUME = {"name": "v"}


@pytest.mark.parametrize("manifest", [baseline(), schedule(), execution()], ids=lambda manifest: manifest["kind"])
def test_good_manifests_are_taken(manifest: dict[str, Any]) -> None:
    MODELS[manifest["kind"]].model_validate(manifest)


@pytest.mark.parametrize(
    ("manifest", "path", "value", "message"),
    [
        (baseline(), "spec.dataset", None, "spec: set exactly one of dataset and existing"),
        (baseline(), "spec.existing", EXISTING, "spec: set exactly one of dataset and existing"),
        (baseline(), "spec.output", None, "a dataset needs output.uri"),
        (baseline(), "spec.dataset.uri", "/data/train.csv", "must start with s3://"),
        (baseline(), "spec.dataset.uri", "http://acme/train.csv", "must start with s3://"),
        (baseline(), "spec.dataset.uri", "s3://acme/\n", "must start with s3://"),
        (baseline(), "spec.dataset.uri", "s3://buck[et/x", "must start with s3://"),
        (baseline(), "spec.dataset.format", "XML", "'CSV', 'JSONLines' or 'Parquet'"),
        (baseline(), "spec.dataset.csv.delimiter", "||", "at most 1 character"),
        (baseline(), "spec.dataset.maxUnreadableShare", 1.5, "less than or equal to 1"),
        (baseline(), "spec.datset", {}, "Extra inputs are not permitted"),
        (baseline(), "metadata.name", "b" * 46, "metadata.name: at most 45 characters"),
        (baseline(), "spec.job.volumes", [VOLUME], "job.volumes: set exactly one of persistentVolumeClaim"),
        (
            baseline(),
            "spec.job.volumes",
            [VOLUME | {"emptyDir": {}, "secret": {"secretName": "x"}}],
            "job.volumes: set exactly one of persistentVolumeClaim",
        ),
        (baseline(), "spec.job.envFrom", [{"prefix": "A_"}], "envFrom: set exactly one of secretRef and configMapRef"),
        (baseline(), "spec.job.env", [{"name": "A", "valueFrom": {}}], "env.valueFrom: set exactly one of"),
        (baseline(), "spec.job.volumeMounts", [{"name": "v", "mountPath": "data"}], "mountPath must be an absolute"),
        (baseline(), "spec.job.volumeMounts", [{"name": "v", "mountPath": "/a/../b"}], "mountPath must be an absolute"),
        (baseline(), "spec.job.volumeMounts", [{"name": "v", "mountPath": "/var"}], "used by the run itself"),
        (baseline(), "spec.job.volumeMounts", [{"name": "v", "mountPath": "/run/x"}], "used by the run itself"),
        (baseline(), "spec.job.env", [{"name": "LD_PRELOAD", "value": "/x.so"}], "change which program runs"),
        (baseline(), "spec.dataset.uri", "s3://", "must start with s3://bucket"),
        (baseline(), "spec.job.volumeMounts", [{"name": "v", "mountPath": "/mnt/claims/x"}], "used by the run itself"),
        (schedule(), "spec.input.endpoint", None, "spec.input: set exactly one of endpoint and batch"),
        (schedule(), "spec.input.batch", {"dataURI": "s3://a/b"}, "spec.input: set exactly one of endpoint and batch"),
        (schedule(), "spec.input.window", {"startOffset": "PT"}, "no ISO 8601 duration such as PT24H"),
        (schedule(), "spec.groundTruth", {"uri": "s3://a/b", "delay": "24h"}, "no ISO 8601 duration such as PT24H"),
        (schedule(), "spec.groundTruth", {"uri": "s3://a/b", "delay": "-P1D"}, "delay and recheck may not be negative"),
        (schedule(), "spec.alert", {"datapointsToAlert": 4}, "datapointsToAlert may not exceed evaluationPeriods"),
        (schedule(), "spec.schedule", "every day", "write five cron fields such as '0 * * * *'"),
        (schedule(), "spec.schedule", "0 0 * * 7", "write five cron fields such as '0 * * * *'"),
        (schedule(), "spec.dataQuality", {"threshold": 1}, "less than 1"),
        (schedule(), "spec.dataQuality", {"alpha": 0}, "greater than 0"),
        (schedule(), "metadata.name", "s" * 53, "metadata.name: at most 52 characters"),
        (schedule(), "spec.suspend", "yes", "valid boolean"),
        (schedule(), "spec.alert", {"datapointsToAlert": "2"}, "valid integer"),
        (schedule(), "spec.dataQuality", {"threshold": "0.1"}, "valid number"),
        (schedule(), "spec.schedule", 5, "valid string"),
        (schedule(), "metadata.name", "My_Schedule", "match pattern"),
        (execution(), "spec.scheduleRef", None, "spec: set exactly one of scheduleRef and baselineRef"),
        (execution(), "spec.baselineRef", {"name": "b"}, "spec: set exactly one of scheduleRef and baselineRef"),
        (execution(), "spec.window", {"start": WINDOW["end"], "end": WINDOW["start"]}, "end must be after start"),
        (execution(), "metadata.name", "e" * 64, "metadata.name: at most 63 characters"),
    ],
)
def test_what_the_api_server_refuses_is_refused(manifest: dict[str, Any], path: str, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MODELS[manifest["kind"]].model_validate(change(manifest, path, value))
    assert message in str(refused.value)


PROBLEM = {"problemType": "BinaryClassification"}
PREDICTIONS = {"batch": {"dataURI": "s3://a/b", "predictionsURI": "s3://a/p"}}


def test_a_data_quality_monitor_has_no_settings_of_model_quality() -> None:
    with pytest.raises(ValidationError, match=r"spec\.modelQuality: only for monitoringType ModelQuality"):
        MonitoringSchedule.model_validate(change(schedule(), "spec.modelQuality", {"metrics": ["auc"]}))
    with pytest.raises(ValidationError, match=r"spec\.input\.batch\.predictionsURI: not for monitoringType DataQ"):
        MonitoringSchedule.model_validate(change(schedule(), "spec.input", PREDICTIONS))


@pytest.mark.parametrize(
    ("section", "setting", "of_another"),
    [
        ("dataQuality", {"compatibility": "SageMaker"}, "ModelBias"),
        ("dataQuality", {"overrides": [{"threshold": 0.5}]}, "ModelBias"),
        ("modelBias", {"metrics": ["DPL"]}, "DataQuality"),
        ("modelBias", {"group": "plan"}, "DataQuality"),
    ],
)
def test_settings_of_another_monitoring_type_are_refused(
    section: str, setting: dict[str, Any], of_another: str
) -> None:
    given = change(change(schedule(), "spec.monitoringType", of_another), f"spec.{section}", setting)
    message = rf"spec\.{section}: has no effect but for monitoringType {section[0].upper()}{section[1:]}"
    with pytest.raises(ValidationError, match=message):
        MonitoringSchedule.model_validate(given)


def test_defaults_that_the_api_server_has_filled_in_are_taken() -> None:
    for monitoring_type in ("DataQuality", "ModelBias"):
        given = change(schedule(), "spec.monitoringType", monitoring_type)
        filled = MonitoringSchedule.model_validate(given).to_dict()
        assert {"dataQuality", "modelBias"} <= filled["spec"].keys()
        MonitoringSchedule.model_validate(filled)


def test_a_model_quality_monitor_needs_a_source_of_labels() -> None:
    quality = change(change(schedule(), "spec.monitoringType", "ModelQuality"), "spec.input", PREDICTIONS)
    # Without columns the Baseline's hold, which may name the label.
    for columns in ({"groundTruth": "y"}, None):
        made = change(quality, "spec.columns", columns) if columns else quality
        assert MonitoringSchedule.model_validate(made).spec.quality_settings.alpha == 0.01
    unlabelled = change(quality, "spec.columns", {"prediction": "p"})
    message = r"spec\.groundTruth: ModelQuality needs labels; set it, or name .* in spec\.columns\.groundTruth"
    with pytest.raises(ValidationError, match=message):
        MonitoringSchedule.model_validate(unlabelled)
    MonitoringSchedule.model_validate(change(unlabelled, "spec.groundTruth", {"uri": "s3://a/labels"}))
    captured = change(change(quality, "spec.input", schedule()["spec"]["input"]), "spec.columns", {"groundTruth": "y"})
    with pytest.raises(ValidationError, match=r"spec\.groundTruth: ModelQuality needs labels; only a batch folder"):
        MonitoringSchedule.model_validate(captured)


@pytest.mark.parametrize("setting", [{"positiveLabel": "1"}, {"probabilityThreshold": 0.4}])
def test_what_adopted_files_do_not_carry_is_set_on_the_schedule(setting: dict[str, Any]) -> None:
    spec: dict[str, Any] = {"monitoringType": "ModelQuality", "existing": EXISTING, "modelQuality": PROBLEM}
    Baseline.model_validate(baseline() | {"spec": spec})
    (name,) = setting
    message = rf"spec\.modelQuality\.{name}: existing files do not carry it; set it on the MonitoringSchedule"
    with pytest.raises(ValidationError, match=message):
        Baseline.model_validate(change(baseline() | {"spec": spec}, "spec.modelQuality", PROBLEM | setting))


def test_suspend_needs_a_schedule() -> None:
    suspended = change(schedule(), "spec.suspend", True)
    MonitoringSchedule.model_validate(suspended)
    with pytest.raises(ValidationError, match="only a monitor with a schedule can be suspended"):
        MonitoringSchedule.model_validate(change(suspended, "spec.schedule", None))


def test_a_baselines_run_has_no_window() -> None:
    spec = {"baselineRef": {"name": "b"}, "window": WINDOW}
    with pytest.raises(ValidationError, match="only a schedule's run has a window"):
        MonitoringExecution.model_validate(execution() | {"spec": spec})


@pytest.mark.parametrize("uri", ["s3://b/x y/*.csv", "pvc://claim", "file:///data", "gs://b", "az://c/%Y/%m"])
def test_uris_of_the_known_stores_are_taken(uri: str) -> None:
    Baseline.model_validate(change(baseline(), "spec.dataset.uri", uri))


def test_left_out_is_the_same_as_the_default() -> None:
    spec = MonitoringSchedule.model_validate(schedule()).spec
    assert (spec.alert.datapoints_to_alert, spec.alert.evaluation_periods) == (2, 3)
    assert (spec.data_quality.alpha, spec.data_quality.compare_with, spec.engine.type) == (0.01, "Auto", "Local")
    assert spec.job.backoff_limit == 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_to_dict_is_read_back(kind: Kind) -> None:
    manifest = {"Baseline": baseline, "MonitoringSchedule": schedule, "MonitoringExecution": execution}[kind.name]()
    first = MODELS[kind.name].model_validate(manifest)
    assert MODELS[kind.name].model_validate(first.to_dict()) == first


def rules_of_models(model: type[Model]) -> list[Rule]:
    return [*model.rules, *(rule for child in model.__subclasses__() for rule in rules_of_models(child))]


def test_only_rules_about_a_change_are_left_to_the_api_server() -> None:
    rules = rules_of_models(Model)
    assert len(rules) >= 12
    assert all("oldSelf" in rule.expression for rule in rules if rule.holds is None)
    assert all(rule.message for rule in rules)


def test_values_and_models_write_their_rules_into_the_schema() -> None:
    assert KEYWORD in Baseline.model_json_schema()["$defs"]["BaselineSpec"]
    with pytest.raises(ValueError, match="odd"):
        Checked(Rule("self % 2 == 0", "odd", lambda value: value % 2 == 0)).rules[0].check(3)

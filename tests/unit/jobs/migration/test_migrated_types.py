"""Each type of monitor in ACK's sample shapes, and what becomes of every field."""

from __future__ import annotations

from typing import Any

import pytest

from model_monitor_crds import Baseline, MonitoringSchedule
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.migration.resources import TYPES
from model_monitor_jobs.migration.settings import Settings
from tests.unit.jobs.migration.sagemaker_shapes import (
    CONTAINER,
    SCRIPTS,
    STORE,
    WHOLE,
    Object,
    all_four,
    definition,
    described,
    endpoint_input,
    fates,
    field,
    inline_schedule,
    manifests,
    migrate,
    outputs,
    schedule,
)

JOB = {"activeDeadlineSeconds": 1800, "envFrom": [{"secretRef": {"name": "store"}}]}
LABELS = {"environment": "testing", "customer": "test-user"}
LAST_HOUR = {"startOffset": "-PT1H10M", "endOffset": "-PT10M"}
CAPTURE = {"captureURI": f"{STORE}/capture/churn-endpoint"}


def one(type_: Any, *, settings: Settings = WHOLE, **changes: Any) -> tuple[Object, Object, dict[str, tuple[str, str]]]:
    """Baseline, monitor and the fates of a schedule of a definition."""
    migration = migrate(schedule(type_), definition(type_, **changes), settings=settings)
    baseline, monitor = manifests(migration)
    return baseline["spec"], monitor["spec"], fates(migration)


def test_data_quality_whole() -> None:
    baseline, monitor = manifests(migrate(schedule("DataQuality"), definition("DataQuality")))
    assert baseline == {
        "apiVersion": "modelmonitor.dev/v1alpha1",
        "kind": "Baseline",
        "metadata": {"name": "churn-definition", "labels": LABELS},
        "spec": {
            "existing": {
                "statisticsURI": f"{STORE}/baseline/statistics.json",
                "constraintsURI": f"{STORE}/baseline/constraints.json",
            },
            "job": {"envFrom": [{"secretRef": {"name": "store"}}]},
        },
    }
    assert monitor == {
        "apiVersion": "modelmonitor.dev/v1alpha1",
        "kind": "MonitoringSchedule",
        "metadata": {"name": "churn-schedule", "labels": LABELS},
        "spec": {
            "model": "churn-endpoint",
            "schedule": "10 * * * *",
            "baselineRef": {"name": "churn-definition"},
            "input": {"endpoint": CAPTURE, "window": LAST_HOUR},
            "dataQuality": {"compatibility": "SageMaker"},
            "output": {"uri": f"{STORE}/monitoring"},
            "job": JOB,
        },
    }


def test_model_quality_carries_problem_answer_threshold_and_labels() -> None:
    baseline, monitor, _ = one("ModelQuality")
    assert baseline["modelQuality"] == {"problemType": "BinaryClassification"}
    assert baseline["existing"] == {"constraintsURI": f"{STORE}/baseline/constraints.json"}
    assert monitor["columns"] == {"probability": "0"}
    assert monitor["modelQuality"] == {"compatibility": "SageMaker", "probabilityThreshold": 0.4}
    assert monitor["groundTruth"] == {"uri": f"{STORE}/ground_truth"}


def test_model_bias_carries_threshold_labels_and_window() -> None:
    baseline, monitor, _ = one("ModelBias")
    assert baseline["monitoringType"] == "ModelBias"
    assert baseline["existing"] == {"constraintsURI": f"{STORE}/baseline/constraints.json"}
    assert monitor["modelBias"] == {
        "compatibility": "SageMaker",
        "probabilityThreshold": 0.8,
        "analysisConfigURI": f"{STORE}/baseline/analysis_config.json",
    }
    assert monitor["groundTruth"] == {"uri": f"{STORE}/ground_truth"}
    assert monitor["input"]["window"] == LAST_HOUR


def test_model_explainability_carries_the_configuration_and_asks_the_model_that_is_given() -> None:
    inputs = {"endpointInput": endpoint_input(inferenceAttribute="1", probabilityAttribute="0")}
    _, monitor, told = one("ModelExplainability", modelExplainabilityJobInput=inputs)
    assert monitor["modelExplainability"] == {
        "compatibility": "SageMaker",
        "model": {"url": WHOLE.model_url, "output": "1"},
        "analysisConfigURI": f"{STORE}/baseline/analysis_config.json",
    }
    assert "columns" not in monitor
    assert told["modelExplainabilityJobInput.endpointInput.probabilityAttribute"][0] == "left out"


def test_a_definition_inside_of_its_schedule() -> None:
    migration = migrate(inline_schedule())
    baseline, monitor = manifests(migration)
    assert baseline["metadata"]["name"] == monitor["metadata"]["name"] == "churn-legacy"
    assert monitor["spec"]["schedule"] == "10 5 * * *"
    assert monitor["spec"]["input"]["window"] == {"startOffset": "-P1DT10M", "endOffset": "-PT10M"}
    assert monitor["spec"]["job"]["activeDeadlineSeconds"] == 3600
    inside = "monitoringScheduleConfig.monitoringJobDefinition"
    told = fates(migration)
    assert "metrics.jsonl" in told[f"{inside}.environment.publish_cloudwatch_metrics"][1]
    assert "NetworkPolicy" in told[f"{inside}.networkConfig"][1]
    assert migration.complete


@pytest.mark.parametrize("type_", TYPES)
def test_what_the_aws_cli_prints_gives_the_same(type_: Any) -> None:
    documents = [schedule(type_), definition(type_)]
    assert manifests(migrate(*map(described, documents))) == manifests(migrate(*documents))


def test_an_inline_definition_that_the_aws_cli_prints_gives_the_same() -> None:
    assert manifests(migrate(described(inline_schedule()))) == manifests(migrate(inline_schedule()))


def test_every_manifest_is_valid_as_it_stands_when_nothing_has_to_be_filled_in() -> None:
    made = manifests(migrate(*all_four()))
    assert [document["kind"] for document in made].count("Baseline") == 7
    for document in made:
        (Baseline if document["kind"] == "Baseline" else MonitoringSchedule).model_validate(document)


def test_the_default_rule_is_written_by_its_absence() -> None:
    made = manifests(migrate(*all_four(), settings=Settings("Default", WHOLE.capture_uri, WHOLE.model_url)))
    assert "compatibility" not in str(made)
    assert "dataQuality" not in str(made)


@pytest.mark.parametrize("type_", TYPES)
def test_every_field_is_accounted_for(type_: Any) -> None:
    documents = [schedule(type_), definition(type_, surprise={"inner": [1]})]
    told = fates(migrate(*documents))
    assert told["surprise.inner[0]"] == ("to do", "is not known here and was not carried over")
    for place in _places(documents[0]["spec"]) | _places(documents[1]["spec"]):
        assert place in told or place.partition(".")[0] in told, place


def _places(part: Any, place: str = "") -> set[str]:
    if isinstance(part, dict):
        return set().union(*(_places(value, f"{place}.{key}" if place else key) for key, value in part.items()))
    if isinstance(part, list):
        return set().union(*(_places(value, f"{place}[{index}]") for index, value in enumerate(part)))
    return {place}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("roleARN", "ServiceAccount"),
        ("jobResources.clusterConfig.instanceType", "job.resources"),
        ("jobResources.clusterConfig.instanceCount", "Dask"),
        ("jobResources.clusterConfig.volumeKMSKeyID", "disks"),
        ("dataQualityJobOutputConfig.kmsKeyID", "bucket"),
        ("networkConfig", "NetworkPolicy"),
        ("dataQualityAppSpecification.imageURI", "operator's own image"),
    ],
)
def test_what_means_nothing_here_is_told_with_what_to_do_instead(place: str, said: str) -> None:
    cluster = {"instanceCount": 2, "instanceType": "ml.m5.large", "volumeKMSKeyID": "key", "volumeSizeInGB": 20}
    _, _, told = one(
        "DataQuality",
        networkConfig={"enableNetworkIsolation": True, "vpcConfig": {"subnets": ["subnet-1"]}},
        jobResources={"clusterConfig": cluster},
        dataQualityJobOutputConfig=outputs() | {"kmsKeyID": "key"},
    )
    assert told[place][0] == "left out"
    assert said in told[place][1]


def test_scripts_are_run_as_they_are() -> None:
    _, monitor, told = one("DataQuality", dataQualityAppSpecification=SCRIPTS)
    assert monitor["input"]["recordPreprocessor"] == {"uri": f"{STORE}/scripts/preprocess.py"}
    assert monitor["postAnalyticsProcessor"] == {"uri": f"{STORE}/scripts/postprocess.py"}
    assert "to do" not in {fate for fate, _ in told.values()}


def test_with_a_script_answers_are_named_not_counted() -> None:
    _, monitor, told = one("ModelQuality", modelQualityAppSpecification=SCRIPTS)
    assert monitor["columns"] == {"probability": "0"}
    assert told["spec.columns"] == ("to do", "with a record preprocessor answers are columns of its rows: name them")


def test_parquet_has_no_lines_for_a_script() -> None:
    batch = {"dataCapturedDestinationS3URI": f"{STORE}/x", "datasetFormat": {"parquet": True}, "localPath": "/x"}
    _, monitor, told = one(
        "DataQuality", dataQualityJobInput={"batchTransformInput": batch}, dataQualityAppSpecification=SCRIPTS
    )
    assert "recordPreprocessor" not in monitor["input"]
    assert told["dataQualityAppSpecification.recordPreprocessorSourceURI"][0] == "to do"


def test_a_container_of_ones_own_is_run_by_sagemakers_contract() -> None:
    _, monitor, told = one("DataQuality", dataQualityAppSpecification=CONTAINER)
    assert monitor["job"] == {
        "contract": "SageMaker",
        "image": CONTAINER["imageURI"],
        "command": ["python3", "/analyze.py"],
        "args": ["--strict"],
        "env": [{"name": "threshold", "value": "3"}, {"name": "PYTHONPATH", "value": "/x"}],
        **JOB,
    }
    assert "dataQuality" not in monitor, "it would have no effect"
    assert "to do" not in {fate for fate, _ in told.values()}


@pytest.mark.parametrize("empty", [None, {}])
def test_a_container_of_ones_own_without_a_baseline_needs_none(empty: Object | None) -> None:
    job = definition("DataQuality", dataQualityAppSpecification=CONTAINER, dataQualityBaselineConfig=empty)
    (monitor,) = manifests(migrate(schedule("DataQuality"), job))
    assert monitor["kind"] == "MonitoringSchedule"
    assert "baselineRef" not in monitor["spec"]
    MonitoringSchedule.model_validate(monitor)


def test_what_a_container_of_ones_own_is_not_given_is_told() -> None:
    application = CONTAINER | SCRIPTS | {"problemType": "Regression"}
    _, monitor, told = one("ModelQuality", modelQualityAppSpecification=application)
    assert not {"groundTruth", "columns", "modelQuality", "postAnalyticsProcessor"} & set(monitor)
    assert {place for place, (fate, _) in told.items() if fate == "to do"} == {
        "modelQualityAppSpecification.problemType",
        "modelQualityAppSpecification.recordPreprocessorSourceURI",
        "modelQualityAppSpecification.postAnalyticsProcessorSourceURI",
        "modelQualityJobInput.endpointInput.probabilityAttribute",
        "modelQualityJobInput.endpointInput.probabilityThresholdAttribute",
        "modelQualityJobInput.groundTruthS3Input.s3URI",
    }


def test_what_a_person_must_look_at_stands_above_the_manifest() -> None:
    migration = migrate(schedule("DataQuality"), definition("DataQuality", surprise="x"))
    assert not migration.complete
    yaml = migration.groups[0].manifests[1].text()
    assert yaml.startswith("# From MonitoringSchedule churn-schedule and DataQualityJobDefinition churn-definition.\n")
    assert "# To do: surprise: is not known here" in yaml


def test_the_environment_is_carried_but_for_what_changes_the_program() -> None:
    environment = {"publish_cloudwatch_metrics": "Enabled", "flag": 3, "PYTHONPATH": "/x", "FLAG": True}
    _, monitor, told = one("DataQuality", dataQualityAppSpecification={"environment": environment})
    assert monitor["job"]["env"] == [{"name": "flag", "value": "3"}, {"name": "FLAG", "value": "true"}]
    assert told["dataQualityAppSpecification.environment.PYTHONPATH"][0] == "left out"


def test_excluded_features_are_carried_by_name_and_told_by_position() -> None:
    _, monitor, told = one(
        "DataQuality", dataQualityJobInput={"endpointInput": endpoint_input(excludeFeaturesAttribute="id, 3,id, name")}
    )
    assert monitor["columns"] == {"exclude": ["id", "name"]}
    fate, text = told["dataQualityJobInput.endpointInput.excludeFeaturesAttribute"]
    assert (fate, "at 3" in text) == ("to do", True)


def test_answers_by_path_lose_the_root_of_a_jsonpath() -> None:
    inputs = {"endpointInput": endpoint_input(inferenceAttribute="$.predictions[0].label", featuresAttribute="x")}
    _, monitor, told = one("ModelBias", modelBiasJobInput=inputs)
    assert monitor["columns"] == {"prediction": "predictions[0].label"}
    assert told["modelBiasJobInput.endpointInput.featuresAttribute"][0] == "to do"


def test_an_answer_that_nothing_names_is_asked_for() -> None:
    _, _, told = one("ModelBias", modelBiasJobInput={"endpointInput": endpoint_input()})
    assert told["spec.columns"][0] == "to do"


@pytest.mark.parametrize(("problem", "fate"), [("MulticlassClassification", "to do"), ("Regression", "left out")])
def test_the_probability_of_a_problem_that_has_not_just_one(problem: str, fate: str) -> None:
    inputs = {
        "endpointInput": endpoint_input(inferenceAttribute="0", probabilityAttribute="1"),
        "groundTruthS3Input": {"s3URI": f"{STORE}/ground_truth"},
    }
    _, monitor, told = one(
        "ModelQuality", modelQualityJobInput=inputs, modelQualityAppSpecification={"problemType": problem}
    )
    assert monitor["columns"] == {"prediction": "0"}
    assert told["modelQualityJobInput.endpointInput.probabilityAttribute"][0] == fate


def test_batch_data_are_named_by_a_person() -> None:
    batch = {
        "dataCapturedDestinationS3URI": f"{STORE}/batch-capture",
        "datasetFormat": {"csv": {"header": False}},
        "localPath": "/opt/ml/processing/input/batch",
    }
    migration = migrate(
        schedule("DataQuality"), definition("DataQuality", dataQualityJobInput={"batchTransformInput": batch})
    )
    _, monitor = manifests(migration)
    assert monitor["spec"]["input"]["batch"]["csv"] == {"header": False}
    assert monitor["spec"]["schedule"] == "0 * * * *", "batch data are not captured, so they are not late"
    told = fates(migration)
    assert told["spec.input.batch.dataURI"][0] == "to do"
    assert "the same" in told["dataQualityJobOutputConfig.monitoringOutputs[0].s3Output.s3URI"][1]


@pytest.mark.parametrize(
    ("styles", "format"),
    [({"json": {"line": True}}, "JSONLines"), ({"parquet": True}, "Parquet"), ({"json": {"line": False}}, "JSONLines")],
)
def test_the_format_of_batch_data(styles: Object, format: str) -> None:
    batch = {"dataCapturedDestinationS3URI": f"{STORE}/x", "datasetFormat": styles, "localPath": "/x"}
    _, monitor, told = one("DataQuality", dataQualityJobInput={"batchTransformInput": batch})
    assert monitor["input"]["batch"]["format"] == format
    wanted = "to do" if styles == {"json": {"line": False}} else "carried"
    assert {fate for place, (fate, _) in told.items() if ".datasetFormat" in place} == {wanted}


@pytest.mark.parametrize("type_", TYPES)
def test_a_missing_baseline_is_left_to_fill_in(type_: Any) -> None:
    config: Object = {field(type_, "BaselineConfig"): {"baseliningJobName": "baseline-1"}}
    baseline, _, told = one(type_, **config)
    assert baseline["existing"]["constraintsURI"].startswith("<")
    assert told["Baseline spec.existing.constraintsURI"][0] == "to do"
    assert "describe-processing-job" in told[f"{field(type_, 'BaselineConfig')}.baseliningJobName"][1]
    with pytest.raises(ValueError, match="must start with s3://bucket"):
        Baseline.model_validate({"metadata": {"name": "x"}, "spec": baseline})


def test_statistics_are_looked_for_beside_constraints() -> None:
    baseline, _, told = one(
        "DataQuality", dataQualityBaselineConfig={"constraintsResource": {"s3URI": f"{STORE}/a/constraints.json"}}
    )
    assert baseline["existing"]["statisticsURI"] == f"{STORE}/a/statistics.json"
    assert told["Baseline spec.existing.statisticsURI"][0] == "to do"


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        (
            {"dataQualityBaselineConfig": {"constraintsResource": {"s3URI": "s3://<YOUR BUCKET>/x"}}},
            "s3URI",
            "s3://bucket/path",
        ),
        (
            {"dataQualityJobInput": {"endpointInput": endpoint_input(startTimeOffset="-P1M")}},
            "startTimeOffset",
            "write days",
        ),
        (
            {"dataQualityJobInput": {"endpointInput": endpoint_input(startTimeOffset="-PT1H", endTimeOffset="-PT2H")}},
            "startTimeOffset",
            "end before it starts",
        ),
        ({"stoppingCondition": {"maxRuntimeInSeconds": "long"}}, "maxRuntimeInSeconds", "3600"),
    ],
)
def test_values_that_can_not_be_read_are_errors_that_name_them(changes: Object, place: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DataQualityJobDefinition churn-definition: .*{place}: ") as error:
        one("DataQuality", **changes)
    assert said in str(error.value)


@pytest.mark.parametrize("threshold", [0, 1, "high"])
def test_a_threshold_that_is_none_is_an_error(threshold: Any) -> None:
    inputs = {"endpointInput": endpoint_input(probabilityThresholdAttribute=threshold)}
    with pytest.raises(ConfigurationError, match=r"probabilityThresholdAttribute: .*between 0 and 1"):
        one("ModelBias", modelBiasJobInput=inputs)

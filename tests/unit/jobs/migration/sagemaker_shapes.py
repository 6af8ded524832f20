"""Resources of SageMaker in the shapes of ACK's samples, and as `aws sagemaker describe-…` prints them."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from model_monitor_crds.base import MonitoringType
from model_monitor_jobs.migration.convert import Migration, convert
from model_monitor_jobs.migration.resources import TYPES, Resource, recognise
from model_monitor_jobs.migration.settings import Settings

Object = dict[str, Any]
STORE = "s3://acme-ml"
WHOLE = Settings(capture_uri=f"{STORE}/capture", model_url="http://churn.models.svc/invocations", secret="store")
"""Everything that SageMaker's resources do not tell."""
ANALYZER = "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0"
SCRIPTS: Object = {
    "recordPreprocessorSourceURI": f"{STORE}/scripts/preprocess.py",
    "postAnalyticsProcessorSourceURI": f"{STORE}/scripts/postprocess.py",
}
CONTAINER: Object = {
    "imageURI": "1234.dkr.ecr.eu-west-1.amazonaws.com/own-monitor:3",
    "containerEntrypoint": ["python3", "/analyze.py"],
    "containerArguments": ["--strict"],
    "environment": {"threshold": "3", "PYTHONPATH": "/x", "publish_cloudwatch_metrics": "Disabled"},
}
TAGS = [{"key": "environment", "value": "testing"}, {"key": "customer", "value": "test-user"}]
_LABELLED = ("ModelQuality", "ModelBias")


def field(type_: MonitoringType, part: str) -> str:
    """ACK's name of a part of a job definition, such as modelBiasJobInput."""
    return type_[0].lower() + type_[1:] + part


def endpoint_input(**more: Any) -> Object:
    """The input of a definition, as all four have it."""
    return {
        "endpointName": "churn-endpoint",
        "localPath": "/opt/ml/processing/input/endpoint",
        "s3InputMode": "File",
        "s3DataDistributionType": "FullyReplicated",
    } | more


def outputs(uri: str = f"{STORE}/monitoring") -> Object:
    """The output of a definition."""
    output = {"localPath": "/opt/ml/processing/output", "s3URI": uri, "s3UploadMode": "Continuous"}
    return {"monitoringOutputs": [{"s3Output": output}]}


def definition(type_: MonitoringType, name: str = "churn-definition", **changes: Any) -> Object:
    """An ACK job definition of a type; `changes` replace fields of its spec, None takes them away."""
    existing = {"constraintsResource": {"s3URI": f"{STORE}/baseline/constraints.json"}}
    application: Object = {"imageURI": CLARIFY if type_ in ("ModelBias", "ModelExplainability") else ANALYZER}
    inputs: Object = {"endpointInput": endpoint_input()}
    if type_ == "DataQuality":
        existing["statisticsResource"] = {"s3URI": f"{STORE}/baseline/statistics.json"}
    if type_ == "ModelQuality":
        application["problemType"] = "BinaryClassification"
        inputs["endpointInput"] |= {"probabilityThresholdAttribute": 0.4, "probabilityAttribute": "0"}
    if type_ == "ModelBias":
        inputs["endpointInput"] |= {"probabilityThresholdAttribute": 0.8, "probabilityAttribute": "0"}
        inputs["endpointInput"] |= {"startTimeOffset": "-PT1H", "endTimeOffset": "-PT0H"}
    if type_ in _LABELLED:
        inputs["groundTruthS3Input"] = {"s3URI": f"{STORE}/ground_truth"}
    if type_ in ("ModelBias", "ModelExplainability"):
        application["configURI"] = f"{STORE}/baseline/analysis_config.json"
    spec = {
        "jobDefinitionName": name,
        "jobResources": {"clusterConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 20}},
        field(type_, "AppSpecification"): application,
        field(type_, "BaselineConfig"): existing,
        field(type_, "JobInput"): inputs,
        field(type_, "JobOutputConfig"): outputs(),
        "stoppingCondition": {"maxRuntimeInSeconds": 1800},
        "roleARN": "arn:aws:iam::1234567890:role/service-role/execution",
        "tags": copy.deepcopy(TAGS),
    } | changes
    return _ack(f"{type_}JobDefinition", name, {key: value for key, value in spec.items() if value is not None})


def schedule(
    type_: MonitoringType | None,
    name: str = "churn-schedule",
    uses: str = "churn-definition",
    expression: str | None = "cron(0 * ? * * *)",
    **more: Any,
) -> Object:
    """An ACK schedule that names its definition; `more` goes into its scheduleConfig."""
    timing = more | ({"scheduleExpression": expression} if expression is not None else {})
    config: Object = {"monitoringJobDefinitionName": uses, "scheduleConfig": timing}
    if type_ is not None:
        config["monitoringType"] = type_
    return _ack("MonitoringSchedule", name, {"monitoringScheduleName": name, "monitoringScheduleConfig": config})


def once(name: str = "churn-once") -> Object:
    """An ACK schedule that runs now, of the definition that no other schedule of `all_four` has."""
    ends = {"dataAnalysisStartTime": "-PT2H", "dataAnalysisEndTime": "-PT0H"}
    return schedule("DataQuality", name, "churn-on-demand", "NOW", **ends)


def inline_schedule(name: str = "churn-legacy", **changes: Any) -> Object:
    """An ACK schedule of data quality that has its definition inside, as the API of 2019 has them."""
    inline = {
        "baselineConfig": {
            "constraintsResource": {"s3URI": f"{STORE}/baseline/constraints.json"},
            "statisticsResource": {"s3URI": f"{STORE}/baseline/statistics.json"},
        },
        "environment": {"publish_cloudwatch_metrics": "Enabled"},
        "monitoringAppSpecification": {"imageURI": ANALYZER},
        "monitoringInputs": [{"endpointInput": endpoint_input()}],
        "monitoringOutputConfig": outputs(),
        "monitoringResources": {
            "clusterConfig": {"instanceCount": 1, "instanceType": "ml.m5.xlarge", "volumeSizeInGB": 20}
        },
        "networkConfig": {"vpcConfig": {"subnets": ["subnet-1"], "securityGroupIDs": ["sg-1"]}},
        "roleARN": "arn:aws:iam::1234567890:role/service-role/execution",
        "stoppingCondition": {"maxRuntimeInSeconds": 3600},
    } | changes
    config = {
        "monitoringJobDefinition": {key: value for key, value in inline.items() if value is not None},
        "scheduleConfig": {"scheduleExpression": "cron(0 5 ? * * *)"},
    }
    return _ack("MonitoringSchedule", name, {"monitoringScheduleName": name, "monitoringScheduleConfig": config})


def _ack(kind: str, name: str, spec: Object) -> Object:
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def described(document: Object) -> Object:
    """What the AWS CLI prints of the same resource: keys in Pascal case, S3Uri for s3URI, and its state."""
    state = {"CreationTime": "2024-05-01T10:00:00.000000+00:00"}
    name = "MonitoringScheduleArn" if document["kind"] == "MonitoringSchedule" else "JobDefinitionArn"
    whole: Object = _pascal(document["spec"])
    return whole | state | {name: "arn:aws:sagemaker:us-west-2:1234567890:x/y"}


def _pascal(part: Any) -> Any:
    if isinstance(part, list):
        return [_pascal(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key if "_" in key else _spelt(key): value if key == "environment" else _pascal(value)
        for key, value in part.items()
    }


def _spelt(key: str) -> str:
    name = re.sub("(URI|ARN|KMS|IDs)", lambda match: match[1].capitalize(), key)
    return (name[0].upper() + name[1:]).replace("KeyID", "KeyId")


def all_four() -> list[Object]:
    """A schedule and a definition of each type, a schedule with its definition inside, and definitions of their own:
    one with scripts, one with a container."""
    documents = []
    for type_ in TYPES:
        name = f"churn-{type_.lower()}"
        documents += [schedule(type_, f"{name}-schedule", name), definition(type_, name)]
    scripts = {"dataQualityAppSpecification": SCRIPTS | {"imageURI": ANALYZER}}
    own = {"dataQualityAppSpecification": CONTAINER}
    lone = [definition("DataQuality", "churn-on-demand", **scripts), definition("DataQuality", "churn-own", **own)]
    return [*documents, inline_schedule(), *lone]


def resources(documents: Sequence[Object]) -> list[Resource]:
    """The resources that these documents are."""
    found = [recognise(document, "ack.yaml") for document in documents]
    return [resource for resource in found if resource is not None]


def migrate(*documents: Object, settings: Settings = WHOLE) -> Migration:
    """What becomes of these documents."""
    return convert(resources(documents), settings)


def manifests(migration: Migration, kind: str | None = None) -> list[Object]:
    """The objects that were made, in their order."""
    made = [manifest.document for group in migration.groups for manifest in group.manifests]
    return [document for document in made if kind is None or document["kind"] == kind]


def fates(migration: Migration) -> dict[str, tuple[str, str]]:
    """What became of each field by its place."""
    return {note.field: (note.fate, note.text) for note in migration.notes}

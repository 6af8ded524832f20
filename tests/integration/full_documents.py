"""Documents that use every field of the API, and ways to walk and change them along their schema."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Path = tuple[str | int, ...]

API = "modelmonitor.dev/v1alpha1"
NOW = "2026-01-01T00:00:00Z"
SHA = "0" * 64
WINDOW = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"}
CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Done",
    "message": "m",
    "observedGeneration": 1,
    "lastTransitionTime": NOW,
}
FILES = {
    "statisticsURI": "s3://b/statistics.json",
    "constraintsURI": "s3://b/constraints.json",
    "profileURI": "s3://b/profile.parquet",
    "sampleURI": "s3://b/sample.parquet",
    "statisticsSha256": SHA,
    "constraintsSha256": SHA,
    "recordCount": 3,
    "columnCount": 2,
}
SEGMENT = {"column": "carrier", "value": "UA"}
VIOLATION = {
    "column": "age",
    "segment": SEGMENT,
    "check": "completeness_check",
    "description": "half of it is missing",
    "difference": 0.1,
    "limit": 0.01,
    "count": 7,
    "immediate": True,
}
POD = {
    "image": "registry.example.com/jobs:1",
    "imagePullPolicy": "Always",
    "imagePullSecrets": [{"name": "registry"}],
    "resources": {"requests": {"cpu": "1", "memory": 1000000}, "limits": {"memory": "1Gi"}},
    "env": [
        {"name": "A", "value": "a"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k", "optional": True}}},
        {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ],
    "envFrom": [
        {"prefix": "P_", "secretRef": {"name": "s", "optional": True}},
        {"configMapRef": {"name": "c", "optional": True}},
    ],
    "serviceAccountName": "runner",
    "volumes": [
        {"name": "claim", "persistentVolumeClaim": {"claimName": "c", "readOnly": True}},
        {"name": "map", "configMap": {"name": "c", "optional": True, "items": [{"key": "k", "path": "p"}]}},
        {"name": "secret", "secret": {"secretName": "s", "optional": True, "items": [{"key": "k", "path": "p"}]}},
        {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
    ],
    "volumeMounts": [{"name": "claim", "mountPath": "/data", "subPath": "x", "readOnly": True}],
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [
        {"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute", "tolerationSeconds": 5},
    ],
    "affinity": {"nodeAffinity": {}},
    "activeDeadlineSeconds": 600,
    "backoffLimit": 1,
    "ttlSecondsAfterFinished": 60,
}
SCHEDULED_POD = POD | {
    "contract": "Native",
    "concurrencyPolicy": "Allow",
    "startingDeadlineSeconds": 60,
    "successfulExecutionsHistoryLimit": 5,
    "failedExecutionsHistoryLimit": 5,
}
CSV = {"header": False, "delimiter": ";"}
COLUMNS = {
    "timestamp": "at",
    "exclude": ["id"],
    "prediction": "late",
    "probability": "chance",
    "probabilities": {"late": "chance", "early": "other"},
    "groundTruth": "was_late",
    "id": "order",
    "segments": ["carrier"],
}
ENGINE = {"type": "Dask", "address": "tcp://scheduler:8786"}


def _document(kind: str, spec: Object, status: Object) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": "x"}, "spec": spec, "status": status}


_BASELINE_STATUS = {
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "files": FILES,
    "executionName": "e",
    "completionTime": NOW,
}
_SCHEDULE_STATUS = {
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "effectiveSchedule": "0 * * * *",
    "nextRunTime": NOW,
    "lastRunTime": NOW,
    "lastRun": {
        "name": "e",
        "state": "CompletedWithViolations",
        "window": WINDOW,
        "completionTime": NOW,
        "violationCount": 1,
        "reportURI": "s3://b/r",
    },
    "active": ["e"],
    "violationCount": 1,
    "violations": [VIOLATION],
    "alerts": [
        {"column": "age", "segment": SEGMENT, "check": "completeness_check", "violations": 2, "immediate": True}
    ],
}
_SCRIPT = {"uri": "s3://b/preprocess.py", "timeoutSeconds": 30}
_SCHEDULE_SPEC = {
    "model": "credit",
    "monitoringType": "DataQuality",
    "schedule": "0 * * * *",
    "timeZone": "Europe/Berlin",
    "suspend": True,
    "baselineRef": {"name": "b"},
    "input": {
        "endpoint": {"captureURI": "s3://b/capture", "format": "SageMaker"},
        "recordPreprocessor": _SCRIPT,
        "window": {"startOffset": "-PT2H", "endOffset": "-PT1H"},
        "maxUnreadableShare": 0.1,
    },
    "columns": COLUMNS,
    "dataQuality": {
        "compatibility": "SageMaker",
        "threshold": 0.2,
        "alpha": 0.05,
        "compareWith": "HourOfDay",
        "overrides": [
            {
                "columns": ["age"],
                "checks": ["completeness_check"],
                "enabled": False,
                "threshold": 0.3,
                "alpha": 0.02,
                "compareWith": "All",
            }
        ],
    },
    "engine": ENGINE,
    "alert": {"datapointsToAlert": 3, "evaluationPeriods": 4},
    "postAnalyticsProcessor": _SCRIPT,
    "output": {"uri": "s3://b/reports"},
    "job": SCHEDULED_POD,
}
_EXECUTION_STATUS = {
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "jobName": "j",
    "scheduledTime": NOW,
    "startTime": NOW,
    "completionTime": NOW,
    "window": WINDOW,
    "labels": {
        "asOf": NOW,
        "coverage": 0.9,
        "matched": 9,
        "unmatched": 1,
        "orphaned": 2,
        "relabelled": 3,
        "revision": 1,
    },
    "metrics": [
        {
            "metric": "auc",
            "facet": "sex = F",
            "feature": "age",
            "label": "default",
            "value": 0.8,
            "low": 0.7,
            "high": 0.9,
            "baseline": 0.85,
            "estimate": 0.81,
            "estimateLow": 0.71,
            "estimateHigh": 0.91,
        }
    ],
    "recordCount": 3,
    "unreadableCount": 1,
    "verdicts": {"passed": 1, "violated": 2, "insufficientData": 3, "tooVariable": 4},
    "violationCount": 21,
    "violations": [VIOLATION],
    "notJudged": [{"column": "age", "segment": SEGMENT, "check": "data_type_check"}],
    "truncated": True,
    "summary": "one violation",
    "reportURI": "s3://b/r",
    "reportSha256": SHA,
    "baselineFiles": FILES,
}
_PROBLEM = {"problemType": "BinaryClassification", "positiveLabel": "1", "probabilityThreshold": 0.4}
_OF_OTHER_TYPES = {name: value for name, value in _SCHEDULE_SPEC.items() if name != "dataQuality"}
_QUALITY_SPEC = {
    "monitoringType": "ModelQuality",
    "input": {
        "batch": {
            "dataURI": "s3://b/%Y",
            "predictionsURI": "s3://b/p",
            "format": "JSONLines",
            "csv": CSV,
        }
    },
    "groundTruth": {
        "uri": "s3://b/labels",
        "format": "CSV",
        "csv": CSV,
        "columns": {"id": "order", "label": "bought", "timestamp": "at"},
        "delay": "PT24H",
        "recheck": "PT168H",
        "minimumCoverage": 0.7,
        "maxUnreadableShare": 0.1,
    },
    "modelQuality": {
        **_PROBLEM,
        "compatibility": "SageMaker",
        "metrics": ["auc"],
        "threshold": 0.05,
        "alpha": 0.02,
        "compareWith": "All",
        "costs": {"falsePositive": 5, "falseNegative": 50},
        "estimate": False,
    },
}
_BIAS_SPEC = {
    "monitoringType": "ModelBias",
    "modelBias": {
        "group": "region",
        "probabilityThreshold": 0.4,
        "analysisConfigURI": "s3://b/analysis_config.json",
        "compatibility": "SageMaker",
        "metrics": ["DI"],
        "threshold": 0.05,
        "alpha": 0.02,
        "compareWith": "All",
        "minimumFacetSize": 50,
        "allowedRanges": [{"metric": "DI", "low": 0.8, "high": 1.25}],
    },
}
_BIAS_BASELINE = {
    "monitoringType": "ModelBias",
    "dataset": {"uri": "s3://b/d.csv"},
    "columns": COLUMNS,
    "output": {"uri": "s3://b/out"},
}
_MODEL_SERVER = {
    "url": "https://models.example/credit",
    "protocol": "JSON",
    "contentTemplate": '{"instances": $records}',
    "recordTemplate": "$features_kvp",
    "contentType": "application/json",
    "accept": "application/json",
    "featureNames": True,
    "tensor": "features",
    "output": "predictions[*].score",
    "labels": ["default"],
    "headers": {"Authorization": "Bearer $(TOKEN)"},
    "caFile": "/etc/models/ca.pem",
    "timeoutSeconds": 5,
    "recordsPerRequest": 100,
    "parallelRequests": 2,
    "requestsPerSecond": 20.5,
}
_SHAPS = (
    {
        "background": [{"age": 40, "sex": "F"}],
        "samples": 400,
        "aggregation": "mean_sq",
        "useLogit": True,
        "seed": 3,
        "saveLocalValues": True,
    },
    {"backgroundURI": "s3://b/rows.csv"},
    {"clusters": 5},
)
_PARTIAL_DEPENDENCE = {"features": ["age"], "topFeatures": 3, "gridResolution": 10}
_EXPLAINED_MODELS: tuple[Object, ...] = (
    {
        "model": _MODEL_SERVER,
        "shap": _SHAPS[0],
        "partialDependence": _PARTIAL_DEPENDENCE,
        "sampleSize": 300,
    },
    {"model": {"callable": "model:predict"}, "shap": _SHAPS[1]},
    {"model": {"estimator": "model:forest"}, "shap": _SHAPS[2]},
    {"model": {"url": "http://credit"}, "analysisConfigURI": "s3://b/analysis_config.json"},
)
_EXPLAINABILITY: tuple[Object, ...] = tuple(
    explained
    | {"compatibility": "SageMaker", "threshold": 0.8, "shareThreshold": 0.2, "alpha": 0.02, "compareWith": "All"}
    for explained in _EXPLAINED_MODELS
)
DOCUMENTS: dict[str, list[Object]] = {
    "Baseline": [
        _document(
            "Baseline",
            {
                "monitoringType": "DataQuality",
                "dataset": {
                    "uri": "s3://b/d.csv",
                    "format": "CSV",
                    "csv": CSV,
                    "maxUnreadableShare": 0.1,
                    "recordPreprocessor": _SCRIPT,
                },
                "columns": COLUMNS,
                "windows": ["PT1H"],
                "timeZone": "Europe/Berlin",
                "output": {"uri": "s3://b/out"},
                "engine": ENGINE,
                "job": POD,
            },
            _BASELINE_STATUS,
        ),
        _document(
            "Baseline",
            {
                "existing": {"statisticsURI": "s3://b/s.json", "constraintsURI": "s3://b/c.json"},
                "engine": {"type": "Dask", "clusterName": "credit"},
            },
            _BASELINE_STATUS,
        ),
        _document(
            "Baseline",
            {
                "monitoringType": "ModelQuality",
                "modelQuality": _PROBLEM,
                "dataset": {"uri": "s3://b/d.csv"},
                "columns": COLUMNS,
                "output": {"uri": "s3://b/out"},
            },
            _BASELINE_STATUS,
        ),
        *(
            _document("Baseline", _BIAS_BASELINE | {"modelBias": bias}, _BASELINE_STATUS)
            for bias in (
                {
                    "positiveLabels": ["1"],
                    "facets": [{"name": "sex", "values": ["F"]}, {"name": "age", "threshold": 40}],
                    "group": "region",
                    "probabilityThreshold": 0.4,
                },
                {"positiveThreshold": 0.5, "facets": [{"name": "sex", "values": ["F"]}]},
                {"analysisConfigURI": "s3://b/analysis_config.json"},
            )
        ),
        *(
            _document(
                "Baseline",
                {
                    "monitoringType": "ModelExplainability",
                    "modelExplainability": explained,
                    "dataset": {"uri": "s3://b/d.csv"},
                    "output": {"uri": "s3://b/out"},
                    "job": POD,
                },
                _BASELINE_STATUS,
            )
            for explained in _EXPLAINED_MODELS
        ),
        _document(
            "Baseline",
            {
                "monitoringType": "ModelQuality",
                "modelQuality": {"problemType": "Regression"},
                "existing": {"constraintsURI": "s3://b/c.json"},
            },
            _BASELINE_STATUS,
        ),
    ],
    "MonitoringSchedule": [
        _document("MonitoringSchedule", _SCHEDULE_SPEC, _SCHEDULE_STATUS),
        _document(
            "MonitoringSchedule",
            _SCHEDULE_SPEC
            | {
                "input": {"batch": {"dataURI": "s3://b/%Y", "format": "JSONLines", "csv": CSV}},
                "engine": {"type": "Dask", "clusterName": "credit"},
            },
            _SCHEDULE_STATUS,
        ),
        _document(
            "MonitoringSchedule",
            {
                key: value
                for key, value in _SCHEDULE_SPEC.items()
                if key not in ("baselineRef", "postAnalyticsProcessor")
            }
            | {
                "input": {"endpoint": {"captureURI": "s3://b/capture"}},
                "job": SCHEDULED_POD | {"contract": "SageMaker", "command": ["python"], "args": ["-m", "drift"]},
            },
            _SCHEDULE_STATUS,
        ),
        _document("MonitoringSchedule", _OF_OTHER_TYPES | _QUALITY_SPEC, _SCHEDULE_STATUS),
        _document("MonitoringSchedule", _OF_OTHER_TYPES | _BIAS_SPEC, _SCHEDULE_STATUS),
        *(
            _document(
                "MonitoringSchedule",
                _OF_OTHER_TYPES | {"monitoringType": "ModelExplainability", "modelExplainability": explained},
                _SCHEDULE_STATUS,
            )
            for explained in _EXPLAINABILITY
        ),
        _document(
            "MonitoringSchedule",
            {
                "monitoringType": "ModelQuality",
                "baselineRef": {"name": "b"},
                "input": {"batch": {"dataURI": "s3://b/%Y"}},
                "output": {"uri": "s3://b/reports"},
            },
            _SCHEDULE_STATUS,
        ),
    ],
    "MonitoringExecution": [
        _document("MonitoringExecution", {"scheduleRef": {"name": "s"}, "window": WINDOW}, _EXECUTION_STATUS),
        _document("MonitoringExecution", {"baselineRef": {"name": "b"}}, _EXECUTION_STATUS),
    ],
}


def walk(schema: Object, value: Any, path: Path = ()) -> Iterator[tuple[Path, Object]]:
    """Every place of the document that its schema speaks of, with that part of the schema; the root first."""
    yield path, schema
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                yield from walk(child, value[name], (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(schema.get("items", {}), item, (*path, index))


def schema_paths(schema: Object, path: Path = ()) -> Iterator[Path]:
    """Every field that the schema knows, with 0 for any item of a list."""
    yield path
    for name, child in schema.get("properties", {}).items():
        yield from schema_paths(child, (*path, name))
    if "items" in schema:
        yield from schema_paths(schema["items"], (*path, 0))


def generic(path: Path) -> Path:
    """The path with 0 for any item of a list."""
    return tuple(0 if isinstance(part, int) else part for part in path)


def at(document: Any, path: Path) -> Any:
    """The value at a path.

    Raises KeyError or IndexError where there is none.
    """
    for part in path:
        document = document[part]
    return document


def replaced(document: Object, path: Path, value: Any) -> Object:
    """A copy with another value at a path."""
    if not path:
        return dict(value)
    result = copy.deepcopy(document)
    at(result, path[:-1])[path[-1]] = value
    return result


def without(document: Object, path: Path) -> Object:
    """A copy without the field at a path."""
    result = copy.deepcopy(document)
    del at(result, path[:-1])[path[-1]]
    return result

"""For each rule of the API, by its message: ways to break it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_KEY = {"name": "s", "key": "k"}
_ADOPTED = {"monitoringType": "ModelQuality", "existing": {"constraintsURI": "s3://b/c"}}
_LABELLED = {"monitoringType": "ModelQuality", "dataset": {"uri": "s3://b/d"}, "output": {"uri": "s3://b/o"}}
_BIAS = {"positiveLabels": ["1"], "facets": [{"name": "sex", "values": ["F"]}]}
_EXPLAINED = {"model": {"url": "http://m"}}
_EXPLAINING = {
    "monitoringType": "ModelExplainability",
    "dataset": {"uri": "s3://b/d"},
    "output": {"uri": "s3://b/o"},
    "modelExplainability": _EXPLAINED,
}
_SCRIPT = {"uri": "s3://b/p.py"}
_ONE_OF = "set exactly one of "
# For each rule's message: values that break it, made from the valid value at the place where the rule stands.
BREAKERS: dict[str, list[Callable[[Any], Any]]] = {
    "metadata.name: at most 45 characters, because Jobs are named after it": [
        lambda root: root | {"metadata": {"name": "x" * 46}}
    ],
    "metadata.name: at most 52 characters, because a CronJob has the same name": [
        lambda root: root | {"metadata": {"name": "x" * 53}}
    ],
    "metadata.name: at most 63 characters, because a Job has the same name": [
        lambda root: root | {"metadata": {"name": "x" * 64}}
    ],
    f"spec: {_ONE_OF}dataset and existing": [
        lambda spec: {key: value for key, value in spec.items() if key not in ("dataset", "existing")},
        lambda spec: (
            spec
            | {
                "dataset": {"uri": "s3://b/d"},
                "output": {"uri": "s3://b/o"},
                "existing": {"statisticsURI": "s3://b/s", "constraintsURI": "s3://b/c"},
            }
        ),
    ],
    "spec: a dataset needs output.uri, where the files go": [
        lambda _: {"dataset": {"uri": "s3://b/d"}},
    ],
    "must start with s3://bucket, gs://bucket, az://container, file:/// or pvc://claim": [
        lambda _: "/data/training.csv",
        lambda _: "http://example.com/training.csv",
        lambda _: "S3://bucket/training.csv",
    ],
    f"env.valueFrom: {_ONE_OF}secretKeyRef and configMapKeyRef and fieldRef": [
        lambda _: {},
        lambda _: {"secretKeyRef": _KEY, "configMapKeyRef": _KEY},
    ],
    f"envFrom: {_ONE_OF}secretRef and configMapRef": [
        lambda _: {"prefix": "P_"},
        lambda _: {"secretRef": {"name": "s"}, "configMapRef": {"name": "c"}},
    ],
    f"job.volumes: {_ONE_OF}persistentVolumeClaim and configMap and secret and emptyDir": [
        lambda volume: {"name": volume["name"]},
        lambda volume: {"name": volume["name"], "emptyDir": {}, "secret": {"secretName": "s"}},
    ],
    "mountPath must be an absolute path such as /data/credit, without '.', '..', ':' and '//'": [
        lambda _: "data",
        lambda _: "/",
        lambda _: "/data:ro",
        lambda _: "/data/../etc",
        lambda _: "//var/run/secrets",
        lambda _: "/var/./run",
    ],
    "mountPath is used by the run itself: choose one outside /run, /var/run, /etc/model-monitor and /mnt/claims": [
        lambda _: "/var",
        lambda _: "/run",
        lambda _: "/var/run/secrets/kubernetes.io",
        lambda _: "/etc/model-monitor",
        lambda _: "/mnt/claims/x",
    ],
    "job.env: PATH and variables that begin with LD_ or PYTHON change which program runs; they can be set only"
    " together with an image of your own": [
        lambda job: _without(job, "image") | {"env": [{"name": "LD_PRELOAD", "value": "x"}]},
        lambda job: _without(job, "image") | {"env": [{"name": "PYTHONPATH", "value": "x"}]},
        lambda job: _without(job, "image") | {"env": [{"name": "PATH", "value": "x"}]},
    ],
    "job.contract: SageMaker is for a container of your own; name its image in job.image": [
        lambda job: _without(job, "image") | {"contract": "SageMaker"},
    ],
    "job.command, job.args: only for a container of your own, with job.contract SageMaker": [
        lambda job: job | {"command": ["python"]},
        lambda job: job | {"contract": "Native", "args": ["-m", "drift"]},
    ],
    "job.volumeMounts: with job.contract SageMaker the folders below /opt/ml are the contract's; choose another": [
        lambda job: job | {"contract": "SageMaker", "volumeMounts": [{"name": "claim", "mountPath": "/opt/ml/model"}]},
        lambda job: job | {"contract": "SageMaker", "volumeMounts": [{"name": "claim", "mountPath": "/opt/ml"}]},
        lambda job: job | {"contract": "SageMaker", "volumeMounts": [{"name": "claim", "mountPath": "/opt"}]},
    ],
    "spec.baselineRef: name the Baseline that traffic is compared with; only a container of your own with"
    " job.contract SageMaker may do without": [
        lambda spec: _without(spec, "baselineRef"),
    ],
    "spec.job.contract: scripts belong to our analysis; a container with SageMaker's contract does their work"
    " itself: leave spec.input.recordPreprocessor and spec.postAnalyticsProcessor out": [
        lambda spec: (
            _without(spec, "postAnalyticsProcessor")
            | {
                "input": {"endpoint": {"captureURI": "s3://b/c"}, "recordPreprocessor": _SCRIPT},
                "job": {"image": "i", "contract": "SageMaker"},
            }
        ),
        lambda spec: (
            spec
            | {
                "input": {"endpoint": {"captureURI": "s3://b/c"}},
                "postAnalyticsProcessor": _SCRIPT,
                "job": {"image": "i", "contract": "SageMaker"},
            }
        ),
    ],
    "spec.job.contract: a container with SageMaker's contract is given neither labels nor predictions; leave"
    " spec.groundTruth and spec.input.batch.predictionsURI out": [
        lambda spec: (
            spec
            | {
                "monitoringType": "ModelQuality",
                "groundTruth": {"uri": "s3://b/labels"},
                "job": {"image": "i", "contract": "SageMaker"},
            }
        ),
        lambda spec: (
            spec
            | {
                "monitoringType": "ModelBias",
                "input": {"batch": {"dataURI": "s3://b/d", "predictionsURI": "s3://b/p"}},
                "job": {"image": "i", "contract": "SageMaker"},
            }
        ),
    ],
    "spec.job.successfulExecutionsHistoryLimit: may not be below spec.alert.evaluationPeriods, or an alert would be "
    "counted on executions that are gone": [
        lambda spec: (
            spec
            | {"alert": {"evaluationPeriods": 9}, "job": {**spec.get("job", {}), "successfulExecutionsHistoryLimit": 3}}
        ),
    ],
    "spec.suspend: only a monitor with a schedule can be suspended": [
        lambda spec: {key: value for key, value in spec.items() if key != "schedule"},
    ],
    "spec.schedule: write five cron fields such as '0 * * * *' (Sunday is 0), a macro such as @hourly, or SageMaker's "
    "cron(0 * ? * * *)": [
        lambda _: "every hour",
        lambda _: "60 * * * *",
        lambda _: "0 0 * * 7",
        lambda _: "0 * * *",
        lambda _: "@every 1h",
        lambda _: "TZ=Europe/Berlin 0 * * * *",
    ],
    f"spec.input: {_ONE_OF}endpoint and batch": [
        lambda _: {},
        lambda _: {"endpoint": {"captureURI": "s3://b/c"}, "batch": {"dataURI": "s3://b/d"}},
    ],
    "spec.alert: datapointsToAlert may not exceed evaluationPeriods": [
        lambda _: {"datapointsToAlert": 3, "evaluationPeriods": 2},
        lambda _: {"datapointsToAlert": 4},
    ],
    f"spec: {_ONE_OF}scheduleRef and baselineRef": [
        lambda _: {},
        lambda _: {"scheduleRef": {"name": "s"}, "baselineRef": {"name": "b"}},
    ],
    "spec.window: only a schedule's run has a window": [
        lambda _: {
            "baselineRef": {"name": "b"},
            "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
        },
    ],
    "spec.windows: a window is 5, 10, 15, 20 or 30 minutes (PT5M), 1, 2, 3, 4, 6, 8 or 12 hours (PT1H),"
    " or 1 to 7 days (P1D)": [
        lambda _: "PT7H",
        lambda _: "1h",
        lambda _: "P30D",
    ],
    "spec.existing: DataQuality needs statisticsURI as well": [
        lambda _: {"existing": {"constraintsURI": "s3://b/c"}},
    ],
    "spec.modelQuality: only for monitoringType ModelQuality": [
        lambda spec: spec | {"monitoringType": "DataQuality", "modelQuality": {"problemType": "Regression"}},
    ],
    "spec.modelQuality: ModelQuality needs problemType: BinaryClassification, MulticlassClassification or Regression": [
        lambda _: _LABELLED | {"columns": {"groundTruth": "y", "prediction": "p"}},
    ],
    "spec.columns.groundTruth: ModelQuality needs the column of the dataset that holds the label": [
        lambda _: _LABELLED | {"modelQuality": {"problemType": "Regression"}, "columns": {"prediction": "p"}},
        lambda _: _LABELLED | {"modelQuality": {"problemType": "Regression"}},
    ],
    "spec.columns: ModelQuality needs prediction, probability or probabilities: the columns of the dataset with the"
    " model's answer": [
        lambda _: _LABELLED | {"modelQuality": {"problemType": "Regression"}, "columns": {"groundTruth": "y"}},
        lambda _: (
            _LABELLED
            | {"modelQuality": {"problemType": "Regression"}, "columns": {"groundTruth": "y", "probabilities": {}}}
        ),
    ],
    "is no ISO 8601 duration such as PT24H, P1D or P1DT12H": [lambda _: "24h", lambda _: "P1M"],
    "spec.dataQuality: has no effect but for monitoringType DataQuality": [
        lambda spec: spec | {"monitoringType": "ModelBias", "dataQuality": {"compatibility": "SageMaker"}},
        lambda spec: spec | {"monitoringType": "ModelBias", "dataQuality": {"alpha": 0.05}},
        lambda spec: spec | {"monitoringType": "ModelBias", "dataQuality": {"threshold": 0.1}},
        lambda spec: (
            spec | {"monitoringType": "ModelBias", "dataQuality": {"overrides": [{"columns": ["a"], "threshold": 1.0}]}}
        ),
    ],
    "spec.modelBias: has no effect but for monitoringType ModelBias": [
        lambda spec: spec | {"monitoringType": "DataQuality", "modelBias": {"minimumFacetSize": 50}},
        lambda spec: spec | {"monitoringType": "DataQuality", "modelBias": {"group": "plan"}},
        lambda spec: spec | {"monitoringType": "DataQuality", "modelBias": {"metrics": ["DPL"]}},
    ],
    "spec.modelBias: only for monitoringType ModelBias": [
        lambda spec: spec | {"monitoringType": "DataQuality", "modelBias": _BIAS},
    ],
    "spec.modelBias: ModelBias needs facets and positiveLabels, or analysisConfigURI": [
        lambda _: _LABELLED | {"monitoringType": "ModelBias", "columns": {"groundTruth": "y"}},
    ],
    "spec.columns: ModelBias needs groundTruth, prediction or probability: columns of the dataset with labels or the"
    " model's answers": [
        lambda _: _LABELLED | {"monitoringType": "ModelBias", "modelBias": _BIAS},
        lambda _: _LABELLED | {"monitoringType": "ModelBias", "modelBias": _BIAS, "columns": {"timestamp": "at"}},
    ],
    "spec.modelBias: set exactly one of facets and analysisConfigURI": [
        lambda _: {"positiveLabels": ["1"]},
        lambda _: {"positiveLabels": ["1"], "facets": []},
    ],
    "spec.modelBias: set exactly one of positiveLabels, positiveThreshold and analysisConfigURI": [
        lambda _: {"facets": [{"name": "sex"}]},
        lambda _: _BIAS | {"positiveThreshold": 1},
        lambda _: {"analysisConfigURI": "s3://b/c", "positiveThreshold": 1},
    ],
    "spec.modelBias.facets: set values or threshold, not both": [
        lambda _: {"name": "age", "values": ["1"], "threshold": 40},
    ],
    "spec.modelBias.allowedRanges: set low, high or both": [
        lambda _: {"metric": "DI"},
    ],
    "spec.modelBias.allowedRanges: low must be below high": [
        lambda _: {"metric": "DI", "low": 1.25, "high": 0.8},
    ],
    "spec.groundTruth: ModelQuality needs labels; only a batch folder may have them in a column of its own": [
        lambda spec: (
            _without(spec, "groundTruth")
            | {"monitoringType": "ModelQuality", "input": {"endpoint": {"captureURI": "s3://b/c"}}}
        ),
    ],
    "spec.groundTruth: ModelQuality needs labels; set it, or name the batch folder's own column of them in"
    " spec.columns.groundTruth": [
        lambda spec: (
            _without(spec, "groundTruth")
            | {
                "monitoringType": "ModelQuality",
                "input": {"batch": {"dataURI": "s3://b/d"}},
                "columns": {"prediction": "p"},
            }
        ),
    ],
    "spec.modelExplainability: only for monitoringType ModelExplainability": [
        lambda spec: spec | {"monitoringType": "DataQuality", "modelExplainability": _EXPLAINED},
    ],
    "spec.modelExplainability: ModelExplainability needs model: the url, callable or estimator that is asked": [
        lambda _: {key: value for key, value in _EXPLAINING.items() if key != "modelExplainability"},
    ],
    "spec.modelExplainability: an existing analysis.json does not carry it; set it on the MonitoringSchedule": [
        lambda _: (
            _ADOPTED
            | {
                "monitoringType": "ModelExplainability",
                "modelExplainability": _EXPLAINED,
            }
        ),
    ],
    "spec.modelExplainability.model: callable and estimator need an image of your own in spec.job.image": [
        lambda spec: (
            {"job": {}}
            | _without(_without(spec, "job"), "groundTruth")
            | {
                "monitoringType": "ModelExplainability",
                "modelExplainability": {"model": {"callable": "model:predict"}},
            }
        ),
    ],
    f"spec.modelExplainability.model: {_ONE_OF}url and callable and estimator": [
        lambda _: {"url": "http://m", "callable": "model:predict"},
        lambda _: {"labels": ["late"]},
    ],
    "spec.modelExplainability.model: protocol, templates, types, output, headers, caFile and requestsPerSecond are only"
    " for a url": [
        lambda _: {"callable": "model:predict", "protocol": "CSV"},
        lambda _: {"callable": "model:predict", "headers": {"A": "b"}},
        lambda _: {"estimator": "model:forest", "requestsPerSecond": 5},
    ],
    "must start with http:// or https://": [
        lambda _: "model.svc/predict",
        lambda _: "file:///etc/passwd",
    ],
    "must be of the form module:name": [
        lambda _: "model.predict",
        lambda _: "my model:predict",
        lambda _: ":predict",
    ],
    "spec.modelExplainability.shap: set background or backgroundURI, not both": [
        lambda _: {"background": [{"a": 1}], "backgroundURI": "s3://b/rows.csv"},
    ],
    "spec.modelExplainability.shap.clusters: not together with background or backgroundURI": [
        lambda _: {"background": [{"a": 1}], "clusters": 3},
        lambda _: {"backgroundURI": "s3://b/rows.csv", "clusters": 3},
    ],
    "spec.modelExplainability: set shap or analysisConfigURI, not both": [
        lambda _: _EXPLAINED | {"shap": {}, "analysisConfigURI": "s3://b/c"},
    ],
    "spec.dataset.recordPreprocessor: Parquet has no lines that a script could be given": [
        lambda dataset: dataset | {"format": "Parquet", "recordPreprocessor": {"uri": "s3://b/p.py"}},
    ],
    "spec.input.recordPreprocessor: Parquet has no lines that a script could be given, and predictionsURI pairs rows"
    " that a script may drop": [
        lambda _: {
            "batch": {"dataURI": "s3://b/d", "format": "Parquet"},
            "recordPreprocessor": {"uri": "s3://b/p.py"},
        },
        lambda _: {
            "batch": {"dataURI": "s3://b/d", "predictionsURI": "s3://b/p"},
            "recordPreprocessor": {"uri": "s3://b/p.py"},
        },
    ],
    "spec.input.batch.predictionsURI: not for monitoringType DataQuality and ModelExplainability": [
        lambda spec: (
            spec
            | {
                "monitoringType": "DataQuality",
                "input": {"batch": {"dataURI": "s3://b/d", "predictionsURI": "s3://b/p"}},
            }
        ),
    ],
    "spec.modelQuality.positiveLabel: existing files do not carry it; set it on the MonitoringSchedule": [
        lambda _: _ADOPTED | {"modelQuality": {"problemType": "BinaryClassification", "positiveLabel": "1"}},
    ],
    "spec.modelQuality.probabilityThreshold: existing files do not carry it; set it on the MonitoringSchedule": [
        lambda _: _ADOPTED | {"modelQuality": {"problemType": "BinaryClassification", "probabilityThreshold": 0.4}},
    ],
    "spec.groundTruth: not for monitoringType DataQuality and ModelExplainability": [
        lambda spec: spec | {"monitoringType": "DataQuality", "groundTruth": {"uri": "s3://b/labels"}},
    ],
    "spec.groundTruth: delay and recheck may not be negative": [
        lambda _: "-PT1H",
    ],
    "engine: Dask needs exactly one of address and clusterName": [
        lambda _: {"type": "Dask"},
        lambda _: {"type": "Dask", "address": "tcp://a:1", "clusterName": "c"},
    ],
    "engine: address and clusterName are for type Dask": [
        lambda _: {"type": "Local", "address": "tcp://a:1"},
        lambda _: {"type": "Local", "clusterName": "c"},
    ],
    "must be tcp://host:port or tls://host:port": [
        lambda _: "http://dask:8786",
        lambda _: "tcp://dask",
    ],
    "window: end must be after start": [
        lambda window: {"start": window["end"], "end": window["start"]},
        lambda window: {"start": window["start"], "end": window["start"]},
    ],
}
UNCHANGEABLE = "spec can't be changed: create another MonitoringExecution"


def _without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: child for key, child in value.items() if key != name}

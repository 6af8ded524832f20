"""Any spec that the models allow, for property tests, and the resources around it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]

FILES: Object = {
    "statisticsURI": "s3://bucket/baseline/statistics.json",
    "constraintsURI": "pvc://shared/baseline/constraints.json",
    "statisticsSha256": "a" * 64,
    "constraintsSha256": "b" * 64,
    "recordCount": 1000,
    "columnCount": 7,
}
names = st.from_regex(r"\A[a-z]([-a-z0-9]{0,20}[a-z0-9])?\Z")
uris = st.sampled_from(
    ["s3://bucket/a", "gs://bucket/b/*.csv", "az://c/d", "file:///data/x.csv", "pvc://shared/x", "pvc://other/y"]
)
texts = st.text(min_size=1, max_size=40)
quantities = st.sampled_from(["100m", "0.5", "1024Mi", "2Gi", 1, 2])
resources = st.fixed_dictionaries(
    {},
    optional={
        "requests": st.fixed_dictionaries({}, optional={"cpu": quantities, "memory": quantities}),
        "limits": st.fixed_dictionaries({}, optional={"memory": quantities}),
    },
)
columns = st.fixed_dictionaries({}, optional={"timestamp": texts, "exclude": st.lists(texts, max_size=5, unique=True)})
volumes = st.sampled_from(
    [
        {"name": "data", "emptyDir": {}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}},
        {"name": "data", "secret": {"secretName": "keys", "items": [{"key": "a", "path": "b"}]}},
        {"name": "data", "configMap": {"name": "files"}},
    ]
)
pods = st.fixed_dictionaries(
    {},
    optional={
        "image": st.just("registry.example/jobs:2"),
        "imagePullPolicy": st.sampled_from(["Always", "IfNotPresent", "Never"]),
        "imagePullSecrets": st.just([{"name": "pull"}]),
        "resources": resources,
        "env": st.lists(
            st.fixed_dictionaries({"name": st.from_regex(r"\A[A-Z_]{1,8}\Z"), "value": st.text(max_size=20)}),
            max_size=3,
            unique_by=lambda variable: variable["name"],
        ),
        "envFrom": st.just([{"secretRef": {"name": "keys"}}]),
        "serviceAccountName": names,
        "volumes": st.lists(volumes, max_size=1),
        "volumeMounts": st.just([{"name": "data", "mountPath": "/data"}]),
        "nodeSelector": st.dictionaries(names, st.just("x"), max_size=2),
        "tolerations": st.just([{"key": "gpu", "operator": "Exists"}]),
        "affinity": st.just({"nodeAffinity": {"anything": [1, "2"]}}),
        "activeDeadlineSeconds": st.integers(10, 604800),
        "backoffLimit": st.integers(0, 10),
        "ttlSecondsAfterFinished": st.integers(0, 31536000),
    },
)
schedule_pods = st.builds(
    lambda pod, rest: {**pod, **rest},
    pods,
    st.fixed_dictionaries(
        {},
        optional={
            "concurrencyPolicy": st.sampled_from(["Allow", "Forbid", "Replace"]),
            "startingDeadlineSeconds": st.integers(60, 604800),
            "successfulExecutionsHistoryLimit": st.integers(3, 6),
            "failedExecutionsHistoryLimit": st.integers(1, 5),
        },
    ),
)
inputs = st.builds(
    lambda source, rest: {**source, **rest},
    st.one_of(
        st.builds(lambda uri: {"endpoint": {"captureURI": uri}}, uris),
        st.builds(
            lambda uri, form: {"batch": {"dataURI": uri, "format": form}}, uris, st.sampled_from(["CSV", "Parquet"])
        ),
    ),
    st.fixed_dictionaries(
        {},
        optional={"window": st.sampled_from([{"startOffset": "-PT1H"}, {"startOffset": "-P1D", "endOffset": "-PT1H"}])},
    ),
)
schedule_specs = st.builds(
    lambda when, rest: {"baselineRef": {"name": "base"}, **when, **rest},
    st.one_of(
        st.just({}),
        st.builds(
            lambda schedule, zone, suspend: {"schedule": schedule, "timeZone": zone, "suspend": suspend},
            st.sampled_from(["0 * * * *", "@daily", "cron(0 6 ? * MON-FRI *)", "*/15 2 * * 0", "0 0 31 2 *"]),
            st.sampled_from(["Etc/UTC", "Europe/Berlin", "Nowhere/City"]),
            st.booleans(),
        ),
    ),
    st.fixed_dictionaries(
        {"input": inputs, "output": st.builds(lambda uri: {"uri": uri}, uris)},
        optional={
            "model": st.just("credit"),
            "columns": columns,
            "dataQuality": st.just({"compatibility": "SageMaker"}),
            "alert": st.just({"datapointsToAlert": 1, "evaluationPeriods": 2}),
            "job": schedule_pods,
        },
    ),
)
baseline_specs = st.builds(
    lambda source, rest: {**source, **rest},
    st.one_of(
        st.builds(lambda uri, out: {"dataset": {"uri": uri}, "output": {"uri": out}}, uris, uris),
        st.builds(lambda uri: {"existing": {"statisticsURI": uri, "constraintsURI": uri}}, uris),
    ),
    st.fixed_dictionaries({}, optional={"columns": columns, "job": pods}),
)
violations = st.fixed_dictionaries(
    {
        "column": st.text(max_size=256),
        "check": st.sampled_from(["completeness_check", "data_type_check", "baseline_drift_check"]),
        "description": st.text(max_size=512),
        "immediate": st.booleans(),
    },
    optional={"difference": st.floats(0, 1), "limit": st.floats(0, 1), "count": st.integers(0, 10**9)},
)


def resource(kind: str, name: str, spec: Object) -> Object:
    """A resource of this API."""
    return {"apiVersion": "modelmonitor.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def condition(kind: str, status: str = "True", reason: str = "Some", message: str = "") -> Object:
    """A condition as somebody else wrote it."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-11-23T02:30:00Z",
    }


def completed(
    start: str, end: str, *found: Object, completion_time: str = "2026-11-23T02:30:00Z", **more: Any
) -> Object:
    """The status of an execution that is complete."""
    return {
        "conditions": [condition("Complete")],
        "startTime": completion_time,
        "completionTime": completion_time,
        "window": {"start": start, "end": end},
        "verdicts": {"passed": 5, "violated": len(found)},
        "violationCount": len(found),
        "violations": list(found),
        "summary": "what was found",
        **more,
    }

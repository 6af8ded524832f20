"""The Jobs that the operator makes itself: of a Baseline, and of a run by hand."""

from __future__ import annotations

from model_monitor_crds.base import LABEL_BASELINE, LABEL_SCHEDULE
from model_monitor_crds.job import PodSettings
from model_monitor_crds.run import RunConfiguration
from model_monitor_operator.manifests.common import ANNOTATION_HASH, Object, digest, owner_reference
from model_monitor_operator.manifests.pod import job_spec, run_labels
from model_monitor_operator.settings import Settings


def baseline_job(namespace: str, name: str, run: RunConfiguration, job: PodSettings, settings: Settings) -> Object:
    """The Job that makes a baseline. Raises RunTooLargeError."""
    labels = run_labels(**{LABEL_BASELINE: run.owner.name})
    owner = owner_reference(run.owner.kind, run.owner.name, run.owner.uid)
    return _job(namespace, name, labels, owner, job_spec(run, job, labels, settings))


def execution_job(
    namespace: str, name: str, uid: str, run: RunConfiguration, job: PodSettings, settings: Settings
) -> Object:
    """The Job of a MonitoringExecution that a person made, named like it. Raises RunTooLargeError."""
    labels = run_labels(**{LABEL_SCHEDULE: run.owner.name})
    owner = owner_reference("MonitoringExecution", name, uid)
    return _job(namespace, name, labels, owner, job_spec(run, job, labels, settings))


def _job(namespace: str, name: str, labels: dict[str, str], owner: Object, spec: Object) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": {ANNOTATION_HASH: digest(spec)},
            "ownerReferences": [owner],
        },
        "spec": spec,
    }

"""The CronJob of a MonitoringSchedule."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.base import LABEL_SCHEDULE
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import RunConfiguration
from model_monitor_operator.manifests.common import ANNOTATION_HASH, Object, digest, owner_reference
from model_monitor_operator.manifests.pod import job_spec, run_labels
from model_monitor_operator.settings import Settings

SUCCESSFUL_HISTORY: Final = 10
FAILED_HISTORY: Final = 100
"""Jobs outlive an absence of the operator: how they ended is read from them. Their time to live removes them."""


def cron_job(
    namespace: str, run: RunConfiguration, spec: MonitoringScheduleSpec, cron: str, settings: Settings
) -> Object:
    """The whole CronJob, with a digest of its spec; `cron` is the schedule as five fields.

    Raises RunTooLargeError when the run configuration doesn't fit into an annotation.
    """
    owner = run.owner
    labels = run_labels(**{LABEL_SCHEDULE: owner.name})
    body: Object = {
        "schedule": cron,
        "timeZone": spec.time_zone,
        "suspend": spec.suspend,
        "concurrencyPolicy": spec.job.concurrency_policy,
        "successfulJobsHistoryLimit": SUCCESSFUL_HISTORY,
        "failedJobsHistoryLimit": FAILED_HISTORY,
        "jobTemplate": {
            "metadata": {"labels": labels},
            "spec": job_spec(run, spec.job, labels, settings),
        },
    }
    if spec.job.starting_deadline_seconds is not None:
        body["startingDeadlineSeconds"] = spec.job.starting_deadline_seconds
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": owner.name,
            "namespace": namespace,
            "labels": labels,
            "annotations": {ANNOTATION_HASH: digest(body)},
            "ownerReferences": [owner_reference(owner.kind, owner.name, owner.uid)],
        },
        "spec": body,
    }


def placeholder(cron_job: Object) -> Object:
    """The least CronJob that claims the name: suspended, without a digest, so that the whole is applied next.

    A POST makes its fields the writer's for good, beside what it applies: only fields that are always there may be in
    it, or a variable taken out of the spec would stay in the CronJob.
    """
    template = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    container = template["containers"][0]
    return {
        "apiVersion": cron_job["apiVersion"],
        "kind": cron_job["kind"],
        "metadata": {key: value for key, value in cron_job["metadata"].items() if key != "annotations"},
        "spec": {
            "schedule": cron_job["spec"]["schedule"],
            "suspend": True,
            "jobTemplate": {
                "spec": {
                    "template": {
                        "spec": {
                            "restartPolicy": template["restartPolicy"],
                            "containers": [{"name": container["name"], "image": container["image"]}],
                        }
                    }
                }
            },
        },
    }

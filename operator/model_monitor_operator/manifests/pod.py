"""The pod of a run, and the name that a Baseline's Job gets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final, get_args
from urllib.parse import urlsplit

from model_monitor_crds.base import ANNOTATION_RUN, MonitoringType
from model_monitor_crds.job import PodSettings
from model_monitor_crds.run import (
    CLAIMS_FOLDER,
    CREDENTIALS_FOLDER,
    EXIT_INPUT,
    OUTPUT_FOLDER,
    RUN_FOLDER,
    SCRIPT_VARIABLES,
    RunConfiguration,
)
from model_monitor_operator.manifests.common import MANAGED_LABELS, Object, canonical_json, compact
from model_monitor_operator.manifests.own_container import (
    CONTAINER,
    Containers,
    failure_rules,
    has_own_container,
    ours,
    with_own_container,
)
from model_monitor_operator.rbac import RUNNER
from model_monitor_operator.settings import Settings

RUN_LIMIT: Final = 128 * 1024
"""Most bytes of a run configuration: annotations share 256 KiB, and an object must fit into 1.5 MiB."""
USER: Final = 10001
SCRATCH_FOLDER: Final = "/tmp"
_LOADER_VARIABLES: Final = {
    "LD_AUDIT": "",
    "LD_LIBRARY_PATH": "",
    "LD_PRELOAD": "",
    "PYTHONHOME": "",
    "PYTHONNOUSERSITE": "1",
    "PYTHONPATH": "",
}
_JOB_NAME: Final = "batch.kubernetes.io/job-name"


class RunTooLargeError(ValueError):
    """A run configuration that doesn't fit into a pod's annotation."""


def run_annotation(run: RunConfiguration) -> str:
    """The run configuration as canonical JSON.

    Raises RunTooLargeError when it is larger than `RUN_LIMIT` bytes.
    """
    told = _without_job(run.to_dict(), _unused_settings(run))
    if run.monitor is not None and has_own_container(run.monitor.job):
        # What a monitor must have depends on its container's contract.
        told["monitor"]["job"] = {"contract": run.monitor.job.contract, "image": run.monitor.job.image}
    text = canonical_json(told)
    size = len(text.encode())
    if size > RUN_LIMIT:
        raise RunTooLargeError(
            f"the resolved monitor takes {size} bytes and may take {RUN_LIMIT}: shorten spec.columns.exclude"
        )
    return text


def baseline_job_name(baseline: str, run: RunConfiguration) -> str:
    """`<baseline>-baseline-<8 letters>`: the letters are a digest of what is computed.

    Letters a to p only, so that it can't be taken for a scheduled Job, whose name ends in eight digits.
    """
    # Without defaults: a field that a later version adds must not make every baseline anew.
    computed = _without_job(run.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True))
    digest = hashlib.sha256(canonical_json(computed).encode()).hexdigest()[:8]
    letters = "".join(chr(ord("a") + int(digit, 16)) for digit in digest)
    return f"{baseline}-baseline-{letters}"


def _unused_settings(run: RunConfiguration) -> frozenset[str]:
    """The fields of a monitor with the settings of the monitoring types that it is not of."""
    if run.monitor is None:
        return frozenset()
    own = run.monitor.monitoring_type
    return frozenset(f"{name[0].lower()}{name[1:]}" for name in get_args(MonitoringType) if name != own)


def _without_job(run: Object, unused: frozenset[str] = frozenset()) -> Object:
    """The pod's own settings are no part of what it computes."""
    return {
        key: {name: field for name, field in value.items() if name != "job" and name not in unused}
        if key in ("baseline", "monitor")
        else value
        for key, value in run.items()
    }


def claims(run: RunConfiguration) -> dict[str, bool]:
    """The claims that pvc:// URIs of the run name, and whether the run writes to each."""
    outputs = {source.output.uri for source in (run.baseline, run.monitor) if source is not None and source.output}
    found: dict[str, bool] = {}
    for uri in _uris(run.to_dict()):
        claim = urlsplit(uri).netloc
        if uri.startswith("pvc://") and claim:
            found[claim] = found.get(claim, False) or uri in outputs
    return dict(sorted(found.items()))


def _uris(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child, str) and key.lower().endswith("uri"):
                yield child
            else:
                yield from _uris(child)


def pod_template(run: RunConfiguration, job: PodSettings, labels: dict[str, str], settings: Settings) -> Object:
    """The pod template of a run, ready for Pod Security `restricted`."""
    named = claims(run)
    scripted = _has_script(run)
    volumes, mounts = _volumes(named, job, scripted=scripted)
    if has_own_container(job):
        containers = with_own_container(_container(ours(job), named, mounts, settings), job)
    else:
        containers = Containers(_container(job, named, mounts, settings, scripted=scripted))
    spec = {
        "initContainers": [*containers.before],
        "containers": [containers.main],
        "restartPolicy": "Never",
        "serviceAccountName": job.service_account_name or RUNNER,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "imagePullSecrets": [{"name": secret.name} for secret in job.image_pull_secrets],
        "volumes": [*volumes, *containers.volumes],
        "nodeSelector": dict(job.node_selector),
        "tolerations": [toleration.to_dict() for toleration in job.tolerations],
    }
    template: Object = compact(
        {"metadata": {"labels": labels, "annotations": {ANNOTATION_RUN: run_annotation(run)}}, "spec": spec}
    )
    if job.affinity:
        template["spec"]["affinity"] = job.affinity
    return template


def _container(
    job: PodSettings, named: dict[str, bool], mounts: list[Object], settings: Settings, *, scripted: bool = False
) -> Object:
    """The processing container."""
    container = {
        "name": CONTAINER,
        "image": job.image or settings.job_image,
        "imagePullPolicy": job.image_pull_policy or (None if job.image else settings.job_image_pull_policy),
        "command": ["model-monitor", "execute"],
        "args": [*_arguments(named, job), *(["--output", OUTPUT_FOLDER] if scripted else [])],
        "env": _environment(job, scripted=scripted),
        "envFrom": [source.to_dict() for source in job.env_from],
        "resources": job.resources.to_dict() if _has_resources(job) else dict(settings.job_resources),
        "volumeMounts": mounts,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    return {key: value for key, value in container.items() if value is not None}


def job_spec(run: RunConfiguration, job: PodSettings, labels: dict[str, str], settings: Settings) -> Object:
    """The spec of a Job: bad data or a bad configuration is not tried again, a lost node does not count as a try."""
    return {
        "backoffLimit": job.backoff_limit,
        "activeDeadlineSeconds": job.active_deadline_seconds,
        "ttlSecondsAfterFinished": job.ttl_seconds_after_finished,
        "podFailurePolicy": {
            "rules": failure_rules()
            if has_own_container(job)
            else [
                {
                    "action": "FailJob",
                    "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": [EXIT_INPUT]},
                },
                {
                    "action": "Ignore",
                    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                },
            ]
        },
        "template": pod_template(run, job, labels, settings),
    }


def run_labels(**labels: str) -> dict[str, str]:
    """Labels of Jobs and pods of runs."""
    return {**MANAGED_LABELS, **labels}


def _has_resources(job: PodSettings) -> bool:
    return bool(job.resources.requests or job.resources.limits)


def _environment(job: PodSettings, *, scripted: bool) -> list[Object]:
    own: list[Object] = [{"name": "HOME", "value": SCRATCH_FOLDER}]
    if scripted:
        # Who sees the resource sees these values: a script may, too. Others may be keys.
        plain = [variable.name for variable in job.env if variable.value is not None]
        own.append({"name": SCRIPT_VARIABLES, "value": ",".join(plain)})
    if job.image is None:
        # env goes before envFrom: nobody may choose through a ConfigMap which program the runs' ServiceAccount runs.
        own += [{"name": name, "value": value} for name, value in _LOADER_VARIABLES.items()]
    given = {variable.name for variable in job.env}
    return [variable for variable in own if variable["name"] not in given] + [
        variable.to_dict() for variable in job.env
    ]


def _arguments(named: dict[str, bool], job: PodSettings) -> list[str]:
    arguments = ["--run-folder", RUN_FOLDER, "--credentials", CREDENTIALS_FOLDER]
    for claim in named:
        arguments += ["--mount", f"pvc://{claim}={CLAIMS_FOLDER}/{claim}"]
    for mount in job.volume_mounts:
        arguments += ["--mount", f"file://{mount.mount_path}={mount.mount_path}"]
    return [*arguments, "--log-format", "json"]


def _has_script(run: RunConfiguration) -> bool:
    dataset = run.baseline.dataset if run.baseline is not None else None
    monitor = run.monitor
    return (dataset is not None and dataset.record_preprocessor is not None) or (
        monitor is not None
        and (monitor.input.record_preprocessor is not None or monitor.post_analytics_processor is not None)
    )


def _volumes(named: dict[str, bool], job: PodSettings, *, scripted: bool) -> tuple[list[Object], list[Object]]:
    """`scripted`: a script has results, and files of its own, where SageMaker has them."""

    def field(path: str, name: str) -> Object:
        return {"path": name, "fieldRef": {"fieldPath": path}}

    volumes: list[Object] = [
        {
            "name": "model-monitor-run",
            "downwardAPI": {
                "items": [
                    field(f"metadata.annotations['{ANNOTATION_RUN}']", "run.json"),
                    field(f"metadata.labels['{_JOB_NAME}']", "job-name"),
                    field("metadata.namespace", "namespace"),
                ]
            },
        },
        {
            "name": "model-monitor-credentials",
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
                    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                ]
            },
        },
    ]
    mounts: list[Object] = [
        {"name": "model-monitor-run", "mountPath": RUN_FOLDER, "readOnly": True},
        {"name": "model-monitor-credentials", "mountPath": CREDENTIALS_FOLDER, "readOnly": True},
    ]
    if all(mount.mount_path.rstrip("/") != SCRATCH_FOLDER for mount in job.volume_mounts):
        volumes.append({"name": "model-monitor-scratch", "emptyDir": {}})
        mounts.append({"name": "model-monitor-scratch", "mountPath": SCRATCH_FOLDER})
    for number, (claim, written) in enumerate(named.items()):
        name = f"model-monitor-claim-{number}"
        volumes.append({"name": name, "persistentVolumeClaim": {"claimName": claim}})
        mounts.append({"name": name, "mountPath": f"{CLAIMS_FOLDER}/{claim}"} | ({} if written else {"readOnly": True}))
    if scripted and all(mount.mount_path.rstrip("/") != OUTPUT_FOLDER for mount in job.volume_mounts):
        volumes.append({"name": "model-monitor-output", "emptyDir": {}})
        mounts.append({"name": "model-monitor-output", "mountPath": OUTPUT_FOLDER})
    volumes += [volume.to_dict() for volume in job.volumes]
    mounts += [mount.to_dict() for mount in job.volume_mounts]
    return volumes, mounts

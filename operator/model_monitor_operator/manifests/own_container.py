"""A user's own container between two of ours, as SageMaker's container contract wants it.

The pod's containers run one after another: `prepare` stages the window's data, `analyze` is the user's, `monitor` tells
what came of it. So `monitor` starts only after `analyze` has ended well, its exit code is the pod's outcome, and how
`analyze` failed stands in the pod's status, which the operator reads. The user's container has neither a token nor the
keys of the store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeGuard

from model_monitor_crds.job import PodSettings, ScheduledPodSettings, changes_program
from model_monitor_crds.own_container import (
    BASELINE_FOLDER,
    ENVIRONMENT_FILE,
    ENVIRONMENT_FOLDER,
    INPUT_FOLDER,
    MESSAGE_FILE,
    VARIABLES,
)
from model_monitor_crds.run import EXIT_INPUT, OUTPUT_FOLDER
from model_monitor_operator.manifests.common import Object

CONTAINER: Final = "monitor"
PREPARE: Final = "prepare"
ANALYZE: Final = "analyze"
_SIGNALLED: Final = [137, 143]
"""Exit codes of a container that was killed, as for its memory: tried again. With any other it says that it failed."""
_ENVIRONMENT: Final = "model-monitor-environment"
_FOLDERS: Final = {
    "model-monitor-input": INPUT_FOLDER,
    "model-monitor-baseline": BASELINE_FOLDER,
    "model-monitor-output": OUTPUT_FOLDER,
}


@dataclass(frozen=True)
class Containers:
    """A pod's container, those that run before it one after another, and the volumes that they share."""

    main: Object
    before: tuple[Object, ...] = ()
    volumes: tuple[Object, ...] = ()


def has_own_container(job: PodSettings) -> TypeGuard[ScheduledPodSettings]:
    """Whether the image is any container that keeps SageMaker's contract."""
    return isinstance(job, ScheduledPodSettings) and job.contract == "SageMaker"


def ours(job: ScheduledPodSettings) -> PodSettings:
    """The settings of our containers: our image, without the variables that change which program runs."""
    env = [variable for variable in job.env if not changes_program(variable.name)]
    return job.model_copy(update={"image": None, "image_pull_policy": None, "env": env})


def with_own_container(container: Object, job: ScheduledPodSettings) -> Containers:
    """The user's container between two of ours; `container` is ours as it runs alone."""
    folders = [{"name": name, "mountPath": path} for name, path in _FOLDERS.items()]
    source, baseline, output = folders
    environment = {"name": _ENVIRONMENT, "mountPath": ENVIRONMENT_FOLDER}
    prepare = container | {
        "name": PREPARE,
        "command": ["model-monitor", "prepare"],
        "args": [
            *container["args"],
            "--input",
            INPUT_FOLDER,
            "--baseline",
            BASELINE_FOLDER,
            "--output",
            OUTPUT_FOLDER,
            "--environment",
            ENVIRONMENT_FOLDER,
        ],
        "volumeMounts": [*container["volumeMounts"], source, baseline, output, environment],
    }
    publish = container | {
        "command": ["model-monitor", "publish"],
        "args": [*container["args"], "--output", OUTPUT_FOLDER],
        "volumeMounts": [*container["volumeMounts"], output | {"readOnly": True}],
    }
    volumes = tuple({"name": name, "emptyDir": {}} for name in (*_FOLDERS, _ENVIRONMENT))
    return Containers(publish, (prepare, _own(container["resources"], job, folders)), volumes)


def _own(resources: Object, job: ScheduledPodSettings, folders: list[Object]) -> Object:
    own = {
        "name": ANALYZE,
        "image": job.image,
        "imagePullPolicy": job.image_pull_policy,
        "command": [*job.command],
        "args": [*job.args],
        "env": _environment(job),
        "resources": resources,
        "volumeMounts": [*folders, *(mount.to_dict() for mount in job.volume_mounts)],
        "terminationMessagePath": MESSAGE_FILE,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        # Nobody knows where somebody's image writes, so its root file system is not read-only.
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {key: value for key, value in own.items() if value is not None}


def _environment(job: ScheduledPodSettings) -> list[Object]:
    # When the pod is made nobody knows its window: the kubelet reads the values from what `prepare` has written.
    contract: list[Object] = [
        {
            "name": name,
            "valueFrom": {
                "fileKeyRef": {"volumeName": _ENVIRONMENT, "path": ENVIRONMENT_FILE, "key": name, "optional": True}
            },
        }
        for name in VARIABLES
    ]
    given = {variable.name for variable in job.env}
    own = [{"name": "HOME", "value": "/tmp"}, *contract]
    return [variable for variable in own if variable["name"] not in given] + [
        variable.to_dict() for variable in job.env
    ]


def explained(refusal: str) -> str:
    """What the API server says where it refuses an object; in words where it knows no variables from files."""
    if re.search(r'initContainers\[1\]\.env\[\d+\]\.valueFrom: Invalid value: "": must specify one of', refusal):
        return (
            "job.contract SageMaker needs Kubernetes 1.35 or newer: this API server knows no variables of a container "
            "that come from a file (fileKeyRef)"
        )
    return refusal


def failure_rules() -> list[Object]:
    """When a failed pod ends the Job: where one of its containers says that another try mends nothing."""
    return [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        _fail(ANALYZE, "NotIn", _SIGNALLED),
        _fail(PREPARE, "In", [EXIT_INPUT]),
        _fail(CONTAINER, "In", [EXIT_INPUT]),
    ]


def _fail(container: str, operator: str, codes: list[int]) -> Object:
    return {
        "action": "FailJob",
        "onExitCodes": {"containerName": container, "operator": operator, "values": codes},
    }

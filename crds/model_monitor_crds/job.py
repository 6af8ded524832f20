"""How the pods of runs look: a curated part of Kubernetes' Job and pod fields, under their own names."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from model_monitor_crds.base import Model, ObjectName
from model_monitor_crds.rules import Checked, Rule, exactly_one, matches

_OWN_FOLDERS = ("/run/", "/var/run/", "/etc/model-monitor/", "/mnt/claims/")
_ABOVE_OWN_FOLDERS = ("/var", "/etc", "/mnt")
_LOADER_VARIABLES = ("LD_", "PYTHON")
_CONTRACT_FOLDER = "/opt/ml/"

ShortText = Annotated[str, Field(max_length=1024)]
Quantity = Annotated[int | str, WithJsonSchema({"x-kubernetes-int-or-string": True, "maxLength": 64})]


class KeySelector(Model):
    """One key of a Secret or ConfigMap."""

    name: ObjectName
    """Name of the Secret or ConfigMap."""
    key: Annotated[str, Field(min_length=1, max_length=253)]
    """Key inside it."""
    optional: bool = False
    """Whether the pod may start without it."""


class FieldSelector(Model):
    """A field of the pod."""

    field_path: Annotated[str, Field(min_length=1, max_length=256)]
    """Path of the field, such as metadata.name."""


class EnvironmentSource(Model):
    """Where an environment variable's value comes from."""

    rules = (exactly_one("secretKeyRef", "configMapKeyRef", "fieldRef", of="env.valueFrom"),)
    secret_key_ref: KeySelector | None = None
    """A key of a Secret."""
    config_map_key_ref: KeySelector | None = None
    """A key of a ConfigMap."""
    field_ref: FieldSelector | None = None
    """A field of the pod."""


class EnvironmentVariable(Model):
    """One environment variable of the container."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    """Name of the variable."""
    value: Annotated[str, Field(max_length=8192)] | None = None
    """Its value."""
    value_from: EnvironmentSource | None = None
    """Where its value comes from, instead of value."""


class OptionalReference(Model):
    """A Secret or ConfigMap by name."""

    name: ObjectName
    """Name of the object, in the same namespace."""
    optional: bool = False
    """Whether the pod may start without it."""


class SecretReference(Model):
    """A Secret by name."""

    name: ObjectName
    """Name of the Secret, in the same namespace."""


class EnvironmentFrom(Model):
    """A Secret or ConfigMap whose keys become environment variables."""

    rules = (exactly_one("secretRef", "configMapRef", of="envFrom"),)
    prefix: Annotated[str, Field(max_length=64)] | None = None
    """Put before each key."""
    secret_ref: OptionalReference | None = None
    """A Secret, such as the one with the store's access keys."""
    config_map_ref: OptionalReference | None = None
    """A ConfigMap."""


class Resources(Model):
    """Compute resources, as in a container."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] = {}
    """What the scheduler sets aside, such as cpu: 500m, memory: 512Mi."""
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] = {}
    """What the container may not exceed."""


class KeyToPath(Model):
    """One key of a volume and the file it becomes."""

    key: Annotated[str, Field(max_length=253)]
    """Key of the Secret or ConfigMap."""
    path: Annotated[str, Field(max_length=253)]
    """File name below the mount."""


class ClaimVolume(Model):
    """A PersistentVolumeClaim."""

    claim_name: ObjectName
    """Name of the claim."""
    read_only: bool = False
    """Whether it is mounted for reading only."""


class ConfigMapVolume(Model):
    """A ConfigMap as files."""

    name: ObjectName
    """Name of the ConfigMap."""
    optional: bool = False
    """Whether the pod may start without it."""
    items: Annotated[list[KeyToPath], Field(max_length=64)] = []
    """Only these keys; all when empty."""


class SecretVolume(Model):
    """A Secret as files."""

    secret_name: ObjectName
    """Name of the Secret."""
    optional: bool = False
    """Whether the pod may start without it."""
    items: Annotated[list[KeyToPath], Field(max_length=64)] = []
    """Only these keys; all when empty."""


class EmptyDirVolume(Model):
    """Scratch space that lives as long as the pod."""

    medium: Literal["", "Memory"] = ""
    """Memory for a file system in memory."""
    size_limit: Quantity | None = None
    """Most it may hold, such as 10Gi."""


class Volume(Model):
    """A volume of the pod. Kinds that reach into the node are left out on purpose."""

    rules = (exactly_one("persistentVolumeClaim", "configMap", "secret", "emptyDir", of="job.volumes"),)
    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Name that volumeMounts refer to."""
    persistent_volume_claim: ClaimVolume | None = None
    """A PersistentVolumeClaim."""
    config_map: ConfigMapVolume | None = None
    """A ConfigMap."""
    secret: SecretVolume | None = None
    """A Secret."""
    empty_dir: EmptyDirVolume | None = None
    """Scratch space."""


class VolumeMount(Model):
    """Where a volume appears in the container. file:// URIs may only read below these paths."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """Name of the volume."""
    mount_path: Annotated[
        str,
        Field(min_length=1, max_length=512),
        Checked(
            matches(
                "^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$",
                message="mountPath must be an absolute path such as /data/credit, without '.', '..', ':' and '//'",
            ),
            Rule(
                f"!(self in [{', '.join(map(repr, _ABOVE_OWN_FOLDERS))}])"
                f" && !{list(_OWN_FOLDERS)!r}.exists(folder, (self + '/').startsWith(folder))",
                "mountPath is used by the run itself: choose one outside /run, /var/run, /etc/model-monitor and"
                " /mnt/claims",
                lambda path: path not in _ABOVE_OWN_FOLDERS and not f"{path}/".startswith(_OWN_FOLDERS),
            ),
        ),
    ]
    """Absolute path in the container."""
    sub_path: ShortText | None = None
    """Path inside the volume."""
    read_only: bool = False
    """Whether it is mounted for reading only."""


class Toleration(Model):
    """A taint that the pod tolerates."""

    key: ShortText | None = None
    """Key of the taint; all keys when empty."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """How value is compared."""
    value: ShortText | None = None
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint; all when empty."""
    toleration_seconds: int | None = None
    """Seconds that a NoExecute taint is tolerated."""


def changes_program(variable: str) -> bool:
    """Whether an environment variable changes which program a container runs."""
    return variable == "PATH" or variable.startswith(_LOADER_VARIABLES)


PRESERVED = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


class PodSettings(Model):
    """The pod that does the work."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.image) || !has(self.env) || self.env.all(variable, "
            + " && ".join(f"!variable.name.startsWith('{prefix}')" for prefix in _LOADER_VARIABLES)
            + " && variable.name != 'PATH')",
            "job.env: PATH and variables that begin with LD_ or PYTHON change which program runs; they can be set only"
            " together with an image of your own",
            lambda job: job.image is not None or not any(changes_program(variable.name) for variable in job.env),
        ),
    )
    image: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    """Image of the processing container. Default: the one the operator was installed with."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled. Default: Kubernetes' own."""
    image_pull_secrets: Annotated[list[SecretReference], Field(max_length=16)] = []
    """Secrets with the registry's credentials."""
    resources: Resources = Field(default_factory=Resources)
    """Compute resources. Default: those the operator was installed with."""
    env: Annotated[list[EnvironmentVariable], Field(max_length=64)] = []
    """Environment variables, such as AWS_ENDPOINT_URL."""
    env_from: Annotated[list[EnvironmentFrom], Field(max_length=16)] = []
    """Secrets and ConfigMaps whose keys become environment variables, such as the store's access keys."""
    service_account_name: ObjectName | None = None
    """ServiceAccount of the pod. Default: model-monitor-runner, made by the operator, which may write
    MonitoringExecutions of its namespace and nothing else. Another one needs a binding to the same ClusterRole."""
    volumes: Annotated[list[Volume], Field(max_length=16)] = []
    """Volumes. Claims named in pvc:// URIs are mounted without being listed here."""
    volume_mounts: Annotated[list[VolumeMount], Field(max_length=16)] = []
    """Where volumes appear in the container."""
    node_selector: Annotated[dict[str, ShortText], Field(max_length=32)] = {}
    """Labels that the node must have."""
    tolerations: Annotated[list[Toleration], Field(max_length=32)] = []
    """Taints that the pod tolerates."""
    affinity: Annotated[dict[str, Any] | None, WithJsonSchema(PRESERVED)] = None
    """Affinity, exactly as in a pod."""
    active_deadline_seconds: Annotated[int, Field(ge=10, le=604800)] = 3600
    """Seconds after which a run is ended and counts as failed."""
    backoff_limit: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a run is tried again after a fault that may pass, such as a store out of reach. Bad data or a bad
    configuration is never tried again; a pod that was evicted or lost its node is made anew without counting."""
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=31536000)] = 172800
    """Seconds that a finished Job is kept. The MonitoringExecution stays."""


class ScheduledPodSettings(PodSettings):
    """The pods of a schedule, and how its runs follow one another."""

    rules = (
        *PodSettings.rules,
        Rule(
            "self.contract != 'SageMaker' || has(self.image)",
            "job.contract: SageMaker is for a container of your own; name its image in job.image",
            lambda job: job.contract != "SageMaker" or job.image is not None,
        ),
        Rule(
            "self.contract == 'SageMaker' || (!has(self.command) && !has(self.args))",
            "job.command, job.args: only for a container of your own, with job.contract SageMaker",
            lambda job: job.contract == "SageMaker" or not (job.command or job.args),
        ),
        Rule(
            "self.contract != 'SageMaker' || !has(self.volumeMounts) || self.volumeMounts.all(mount,"
            f" mount.mountPath != '/opt' && !(mount.mountPath + '/').startsWith({_CONTRACT_FOLDER!r}))",
            "job.volumeMounts: with job.contract SageMaker the folders below /opt/ml are the contract's; choose"
            " another",
            lambda job: (
                job.contract != "SageMaker"
                or not any(
                    mount.mount_path == "/opt" or f"{mount.mount_path}/".startswith(_CONTRACT_FOLDER)
                    for mount in job.volume_mounts
                )
            ),
        ),
    )
    contract: Literal["Native", "SageMaker"] = "Native"
    """How the image is run. Native: it is the processing container, or one derived from it. SageMaker: it is any
    container of your own that keeps SageMaker Model Monitor's container contract: it finds the window's data and the
    baseline's files in folders, and writes constraint_violations.json."""
    command: Annotated[list[ShortText], Field(max_length=64)] = []
    """With contract SageMaker: the program that is run. Default: the image's own."""
    args: Annotated[list[ShortText], Field(max_length=64)] = []
    """With contract SageMaker: its arguments. Default: the image's own."""
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] = "Forbid"
    """What happens when a run is due while one is still at work, as in a CronJob."""
    starting_deadline_seconds: Annotated[int, Field(ge=60, le=604800)] | None = None
    """Seconds within which a run that was not started in time may still start. Default: no limit."""
    successful_executions_history_limit: Annotated[int, Field(ge=1, le=1000)] = 100
    """How many completed MonitoringExecutions of this schedule are kept. Of a window that was judged more than once the
    earlier results go first, the windows that alerts are counted on last."""
    failed_executions_history_limit: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many failed MonitoringExecutions of this schedule are kept."""

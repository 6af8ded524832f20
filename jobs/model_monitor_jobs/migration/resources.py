"""Which resource of SageMaker a document is: an ACK manifest, or what `aws sagemaker describe-…` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from model_monitor_crds.base import MonitoringType
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.migration.leaves import Leaf, leaves

ACK_GROUP: Final = "sagemaker.services.k8s.aws"
TYPES: Final[tuple[MonitoringType, ...]] = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
DEFINITIONS: Final[dict[str, MonitoringType]] = {f"{type_}JobDefinition": type_ for type_ in TYPES}
"""The kinds of job definitions, and what each monitors."""
_NAMES: Final = {
    "MonitoringSchedule": "monitoringschedulename",
    "Endpoint": "endpointname",
    "EndpointConfig": "endpointconfigname",
} | dict.fromkeys(DEFINITIONS, "jobdefinitionname")


@dataclass(frozen=True)
class Resource:
    """A resource of SageMaker: its kind as ACK calls it, its name in SageMaker, and all of its values."""

    kind: str
    name: str
    leaves: tuple[Leaf, ...]

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}"


def recognise(document: dict[str, Any], file: str) -> Resource | None:
    """The resource that a document is; None for objects of other kinds, which are passed over.

    Raises ConfigurationError for a document that is nothing of Kubernetes or SageMaker, or has no name.
    """
    if "apiVersion" in document or "kind" in document:
        group = str(document.get("apiVersion")).partition("/")[0]
        kind = str(document.get("kind"))
        if group != ACK_GROUP or kind not in _NAMES:
            return None
        spec = document.get("spec")
        around = {key: document[key] for key in ("metadata", "status") if key in document}
        content = (*leaves(spec if isinstance(spec, dict) else {}), *leaves(around))
    else:
        kind = _described(document, file)
        content = tuple(leaves(document))
    values = {leaf.path: leaf.value for leaf in content}
    name = values.get((_NAMES[kind],), values.get(("metadata", "name")))
    if name is None:
        raise ConfigurationError(f"{file}: a {kind} without a name", remedy=f"write {_NAMES[kind]}")
    return Resource(kind, str(name), content)


def _described(document: dict[str, Any], file: str) -> str:
    keys = {str(key).lower() for key in document}
    for kind, type_ in DEFINITIONS.items():
        if f"{type_.lower()}jobinput" in keys or f"{type_.lower()}appspecification" in keys:
            return kind
    if "monitoringscheduleconfig" in keys:
        return "MonitoringSchedule"
    if "endpointconfigname" in keys:
        return "Endpoint" if "endpointname" in keys else "EndpointConfig"
    raise ConfigurationError(
        f"{file}: is no monitoring schedule, job definition or endpoint (its keys are {', '.join(map(str, document))})",
        remedy="give ACK manifests, or what aws sagemaker describe-monitoring-schedule and"
        " describe-…-job-definition print",
    )

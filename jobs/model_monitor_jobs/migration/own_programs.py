"""What a user's own scripts and containers become."""

from __future__ import annotations

import re
from typing import Any, Final

from model_monitor_jobs.migration.definition import Definition

_AWS_IMAGES: Final = {
    "sagemaker-model-monitor-analyzer",
    "sagemaker-clarify-processing",
    "sagemaker-model-monitor-groundtruth-merger",
}
_PREPROCESSOR, _POSTPROCESSOR = "recordpreprocessorsourceuri", "postanalyticsprocessorsourceuri"
_OF_ANSWERS: Final = (
    "featuresattribute",
    "inferenceattribute",
    "probabilityattribute",
    "probabilitythresholdattribute",
    "excludefeaturesattribute",
)
_UNTOLD: Final = "your container is not told this: where it needs it, set spec.job.env"


def own_image(definition: Definition) -> str | None:
    """The image of a container that is not one of AWS' own, None where the built-in analysis takes its place."""
    path = (*definition.application, "imageuri")
    image = definition.ledger.value(*path)
    if image is None:
        return None
    repository = re.split("[:@]", str(image).rpartition("/")[2])[0]
    if repository in _AWS_IMAGES:
        definition.ledger.settle(path, "left out", "the analysis is that of the operator's own image")
        return None
    return str(image)


def without_baseline(definition: Definition) -> bool:
    """Whether a container of the user's own is given no baseline."""
    return own_image(definition) is not None and not definition.ledger.below(*definition.baseline)


def container(definition: Definition, image: str) -> dict[str, Any]:
    """`spec.job` of a container with SageMaker's container contract; what it is not given is told."""
    ledger, application = definition.ledger, definition.application
    ledger.settle(
        (*application, "imageuri"),
        "carried",
        "spec.job.image with contract: SageMaker, from Kubernetes 1.35 on; its registry may need imagePullSecrets",
    )
    job: dict[str, Any] = {"contract": "SageMaker", "image": image}
    for field, ours in (("containerentrypoint", "command"), ("containerarguments", "args")):
        parts = ledger.below(*application, field)
        for part in parts:
            ledger.settle(part.path, "carried", f"spec.job.{ours}")
        if parts:
            job[ours] = [str(part.value) for part in parts]
    for field in (_PREPROCESSOR, _POSTPROCESSOR):
        ledger.settle((*application, field), "to do", "a container of your own does the work of scripts itself")
    for field in ("problemtype", "configuri"):
        ledger.settle((*application, field), "to do", _UNTOLD)
    for field in _OF_ANSWERS:
        ledger.settle((*definition.traffic, field), "to do", _UNTOLD)
    ledger.settle(
        (*definition.input, "groundtruths3input", "s3uri"), "to do", "labels are not merged for a container of your own"
    )
    return job


def preprocessor(definition: Definition, *, lines: bool) -> dict[str, Any]:
    """`recordPreprocessor` of `spec.input`; Parquet has no `lines` that a script could be given."""
    path = (*definition.application, _PREPROCESSOR)
    if not lines:
        definition.ledger.settle(path, "to do", "was not carried over: Parquet has no lines to give to a script")
        return {}
    return _script(definition, path, "recordPreprocessor", "spec.input.")


def postprocessor(definition: Definition) -> dict[str, Any]:
    """`postAnalyticsProcessor` of the spec."""
    return _script(definition, (*definition.application, _POSTPROCESSOR), "postAnalyticsProcessor", "spec.")


def _script(definition: Definition, path: tuple[str, ...], field: str, of: str) -> dict[str, Any]:
    uri = definition.ledger.uri(*path, to=f"{of}{field}.uri")
    return {} if uri is None else {field: {"uri": uri}}

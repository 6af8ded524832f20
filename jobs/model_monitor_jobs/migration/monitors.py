"""The specs of a Baseline and of the monitors on it, from one job definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_monitor_crds.job import changes_program
from model_monitor_jobs.migration import placeholders
from model_monitor_jobs.migration.definition import Definition
from model_monitor_jobs.migration.own_programs import container, own_image, postprocessor, preprocessor
from model_monitor_jobs.migration.settings import Settings
from model_monitor_jobs.migration.timing import Timing
from model_monitor_jobs.migration.traffic import columns_of, input_of

_FIELDS: Final = {
    "DataQuality": "dataQuality",
    "ModelQuality": "modelQuality",
    "ModelBias": "modelBias",
    "ModelExplainability": "modelExplainability",
}
_PUBLISH: Final = "publish_cloudwatch_metrics"
_ANSWERS: Final = ("prediction", "probability")
_SHORTEST_RUN: Final = 10


def baseline_spec(definition: Definition, settings: Settings) -> dict[str, Any]:
    """The spec of a Baseline that adopts SageMaker's files."""
    ledger = definition.ledger
    spec: dict[str, Any] = {} if definition.type == "DataQuality" else {"monitoringType": definition.type}
    problem = ledger.carry(*definition.application, "problemtype", to="Baseline spec.modelQuality.problemType")
    if problem is not None:
        spec["modelQuality"] = {"problemType": problem}
    spec["existing"] = _existing(definition)
    return spec | _job(settings)


def _existing(definition: Definition) -> dict[str, Any]:
    ledger = definition.ledger
    to = "Baseline spec.existing"
    constraints = ledger.uri(*definition.baseline, "constraintsresource", "s3uri", to=f"{to}.constraintsURI")
    statistics = ledger.uri(*definition.baseline, "statisticsresource", "s3uri", to=f"{to}.statisticsURI")
    job = (*definition.baseline, "baseliningjobname")
    ledger.settle(job, "left out", "its files make the Baseline")
    if constraints is None:
        ledger.settle(job, "to do", "aws sagemaker describe-processing-job says where it wrote its files")
        ledger.remark(
            f"{to}.constraintsURI",
            "there is no constraintsResource: name the baseline's file, or make a Baseline from a dataset",
        )
    files = {"statisticsURI": statistics} if statistics is not None else {}
    if definition.type == "DataQuality" and statistics is None:
        beside = None if constraints is None else f"{constraints.rpartition('/')[0]}/statistics.json"
        files["statisticsURI"] = beside or placeholders.STATISTICS
        ledger.remark(f"{to}.statisticsURI", "there is no statisticsResource: it must be that of the same baseline")
    return files | {"constraintsURI": constraints or placeholders.CONSTRAINTS}


def monitor_spec(definition: Definition, captures: Mapping[str, str], settings: Settings) -> dict[str, Any]:
    """The spec of a MonitoringSchedule, but for what the schedule says."""
    spec: dict[str, Any] = {}
    endpoint = definition.ledger.value(*definition.traffic, "endpointname")
    if endpoint is not None:
        spec["model"] = str(endpoint)
    if definition.type != "DataQuality":
        spec["monitoringType"] = definition.type
    spec["input"] = input_of(definition, captures, settings.capture_uri)
    image = own_image(definition)
    if image is not None:
        own_job = container(definition, image)
        return spec | {"output": {"uri": _output(definition)}} | _pods(definition, settings, own_job)
    parquet = spec["input"].get("batch", {}).get("format") == "Parquet"
    spec["input"] |= preprocessor(definition, lines=not parquet)
    spec |= _labels(definition)
    if columns := columns_of(definition):
        spec["columns"] = columns
    if "recordPreprocessor" in spec["input"] and any(str(columns.get(answer, "")).isdecimal() for answer in _ANSWERS):
        definition.ledger.remark(
            "spec.columns", "with a record preprocessor answers are columns of its rows: name them"
        )
    if own := _own_settings(definition, settings):
        spec[_FIELDS[definition.type]] = own
    return spec | postprocessor(definition) | {"output": {"uri": _output(definition)}} | _pods(definition, settings, {})


def with_timing(spec: Mapping[str, Any], timing: Timing, baseline: str | None, *, suspend: bool) -> dict[str, Any]:
    """The whole spec of a MonitoringSchedule, its fields in the order in which one reads them."""
    first = {key: spec[key] for key in ("model", "monitoringType") if key in spec}
    when: dict[str, Any] = {} if timing.schedule is None else {"schedule": timing.schedule}
    if suspend and when:
        when["suspend"] = True
    window = timing.window
    offsets = {} if window is None else {"window": {"startOffset": window[0], "endOffset": window[1]}}
    rest = {key: value for key, value in spec.items() if key not in first}
    reference = {} if baseline is None else {"baselineRef": {"name": baseline}}
    return first | when | reference | rest | {"input": spec["input"] | offsets}


def _labels(definition: Definition) -> dict[str, Any]:
    ledger = definition.ledger
    uri = ledger.uri(*definition.input, "groundtruths3input", "s3uri", to="spec.groundTruth.uri")
    if uri is None and definition.type == "ModelQuality":
        ledger.remark("spec.groundTruth.uri", "there is no groundTruthS3Input: model quality needs labels")
        uri = placeholders.LABELS
    return {} if uri is None else {"groundTruth": {"uri": uri}}


def _own_settings(definition: Definition, settings: Settings) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if settings.compatibility != "Default":
        own["compatibility"] = settings.compatibility
    if definition.type in ("ModelQuality", "ModelBias"):
        own |= _threshold(definition)
    if definition.type == "ModelExplainability":
        own["model"] = _asked_model(definition, settings)
    to = f"spec.{_FIELDS[definition.type]}.analysisConfigURI"
    config = definition.ledger.uri(*definition.application, "configuri", to=to)
    if config is not None:
        own["analysisConfigURI"] = config
    return own


def _threshold(definition: Definition) -> dict[str, Any]:
    path = (*definition.traffic, "probabilitythresholdattribute")
    field = f"spec.{_FIELDS[definition.type]}.probabilityThreshold"
    text = definition.ledger.carry(*path, to=field)
    if text is None:
        return {}
    try:
        threshold = float(text)
    except ValueError:
        definition.ledger.fault(path, "is no number", "write a probability between 0 and 1")
    if not 0 < threshold < 1:
        definition.ledger.fault(path, "leaves no answer to one of both labels", "write a probability between 0 and 1")
    return {"probabilityThreshold": threshold}


def _asked_model(definition: Definition, settings: Settings) -> dict[str, Any]:
    ledger = definition.ledger
    if settings.model_url is None:
        ledger.remark(
            "spec.modelExplainability.model.url",
            "SageMaker starts the model that analysis_config.json names; say which one is asked here: --model-url",
        )
    model = {"url": settings.model_url or placeholders.MODEL}
    output = ledger.carry(*definition.traffic, "inferenceattribute", to="spec.modelExplainability.model.output")
    if output is not None:
        model["output"] = output.removeprefix("$.")
    return model


def _output(definition: Definition) -> str:
    ledger, first = definition.ledger, (*definition.output, "monitoringoutputs", "0", "s3output")
    uri = ledger.uri(*first, "s3uri", to="spec.output.uri, of which results lie in <schedule>/yyyy/mm/dd/hh")
    if uri is None:
        ledger.remark("spec.output.uri", "there is no monitoringOutputs: name a folder for results")
        return placeholders.OUTPUT
    if not definition.captured:
        ledger.settle(
            (*first, "s3uri"),
            "to do",
            "carried to spec.output.uri: SageMaker writes to the same <schedule>/yyyy/mm/dd/hh below it, so end its"
            " schedule first, or name another folder",
        )
    return uri


def _pods(definition: Definition, settings: Settings, own: Mapping[str, Any]) -> dict[str, Any]:
    """`spec.job`: `own` says which container runs, if not the built-in one; what it is told, and for how long."""
    ledger, job = definition.ledger, dict(own)
    to = "spec.job.env" if own else "spec.job.env, though neither the built-in analysis nor scripts read it"
    for leaf in ledger.below(*definition.environment):
        if leaf.path[-1] == _PUBLISH:
            continue
        if not own and changes_program(leaf.name):
            ledger.settle(leaf.path, "left out", "would change which program the image runs")
            continue
        ledger.settle(leaf.path, "carried", to)
        job.setdefault("env", []).append({"name": leaf.name, "value": _text(leaf.value)})
    seconds = ledger.carry(*definition.runtime, to="spec.job.activeDeadlineSeconds")
    if seconds is not None:
        if not seconds.isdecimal():
            ledger.fault(definition.runtime, "is no whole number of seconds", "write one such as 3600")
        job["activeDeadlineSeconds"] = max(int(seconds), _SHORTEST_RUN)
    job |= _job(settings).get("job", {})
    return {"job": job} if job else {}


def _job(settings: Settings) -> dict[str, Any]:
    if settings.secret is None:
        return {}
    return {"job": {"envFrom": [{"secretRef": {"name": settings.secret}}]}}


def _text(value: Any) -> str:
    """A value of the environment as YAML's reader of booleans has not seen it."""
    return str(value).lower() if isinstance(value, bool) else str(value)

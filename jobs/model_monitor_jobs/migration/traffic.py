"""The traffic that a monitor judges, and what its values mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_monitor_jobs.migration import placeholders
from model_monitor_jobs.migration.advice import Fate
from model_monitor_jobs.migration.definition import Definition

_EXCLUDE = "excludefeaturesattribute"
_BY_NAME = "features are found by their names in the input, those of nested objects as a.b: compare with the baseline"
_ALIKE = "all columns are judged alike"
_ASKED = "the model is asked: modelExplainability.model.output says where its outputs are"
_PROBABILITY: Final[dict[str, tuple[Fate, str]]] = {
    "MulticlassClassification": ("to do", "spec.columns.probabilities has the place of each label's probability"),
    "Regression": ("left out", "numbers have no probability"),
}


def input_of(definition: Definition, captures: Mapping[str, str], capture_uri: str | None) -> dict[str, Any]:
    """`spec.input` but for its window. `captures` are known DestinationS3Uris by endpoint, which go first."""
    ledger, traffic = definition.ledger, definition.traffic
    if not definition.captured:
        return {"batch": _batch(definition)}
    endpoint = ledger.carry(*traffic, "endpointname", to="spec.model, and the last folder of captureURI")
    if endpoint is None:
        ledger.remark("spec.input.endpoint.captureURI", "the job definition has no endpointInput")
        return {"endpoint": {"captureURI": placeholders.CAPTURE}}
    destination = captures.get(endpoint, capture_uri)
    if destination is None:
        destination = placeholders.CAPTURE
        ledger.remark(
            "spec.input.endpoint.captureURI",
            "the folder of the captured data stands in the endpoint's configuration: give --capture-uri, or the output"
            f" of aws sagemaker describe-endpoint --endpoint-name {endpoint} as another file",
        )
    destination = destination.rstrip("/")
    own = destination if destination.endswith(f"/{endpoint}") else f"{destination}/{endpoint}"
    return {"endpoint": {"captureURI": own}}


def _batch(definition: Definition) -> dict[str, Any]:
    ledger, batch = definition.ledger, definition.batch
    ledger.settle((*batch, "datacaptureddestinations3uri"), "to do", "name the data, of which this folder has lists")
    ledger.remark(
        "spec.input.batch.dataURI",
        "the transform job's output, best with join_source=Input; %Y/%m/%d/%H stand for the start of the window",
    )
    part: dict[str, Any] = {"dataURI": placeholders.BATCH}
    styles = (*batch, "datasetformat")
    header = ledger.carry(*styles, "csv", "header", to="spec.input.batch.csv.header")
    line = ledger.carry(*styles, "json", "line", to="spec.input.batch.format: JSONLines")
    if header is not None:
        return part | {"csv": {"header": header.lower() == "true"}}
    if line is not None:
        if line.lower() != "true":
            ledger.settle((*styles, "json", "line"), "to do", "JSON of one value a file is not read: write JSON Lines")
        return part | {"format": "JSONLines"}
    for leaf in ledger.below(*styles, "parquet"):
        ledger.settle(leaf.path, "carried", "spec.input.batch.format: Parquet")
    parquet = ledger.carry(*styles, "parquet", to="spec.input.batch.format: Parquet")
    return part | ({"format": "Parquet"} if parquet is not None else {})


def columns_of(definition: Definition) -> dict[str, Any]:
    """`spec.columns`: where the answer is, and what is not judged."""
    ledger, traffic = definition.ledger, definition.traffic
    columns: dict[str, Any] = {}
    if definition.type in ("ModelQuality", "ModelBias"):
        fields = {"inferenceattribute": "prediction", "probabilityattribute": "probability"}
        problem = ledger.value(*definition.application, "problemtype")
        if problem in _PROBABILITY:
            del fields["probabilityattribute"]
            ledger.settle((*traffic, "probabilityattribute"), *_PROBABILITY[problem])
        for attribute, field in fields.items():
            text = ledger.carry(*traffic, attribute, to=f"spec.columns.{field}")
            if text is not None:
                columns[field] = text.removeprefix("$.")
        if not columns:
            ledger.remark(
                "spec.columns",
                "there is neither inferenceAttribute nor probabilityAttribute: name the answer, such as"
                ' {prediction: "0"} for the first value of a CSV output',
            )
    else:
        of_answers = ("inferenceattribute", "probabilityattribute", "probabilitythresholdattribute")
        for attribute in of_answers if definition.type == "DataQuality" else of_answers[1:]:
            ledger.settle((*traffic, attribute), "left out", _ALIKE if definition.type == "DataQuality" else _ASKED)
    ledger.settle((*traffic, "featuresattribute"), "to do", _BY_NAME)
    if excluded := _excluded(definition):
        columns["exclude"] = excluded
    return columns


def _excluded(definition: Definition) -> list[str]:
    ledger, path = definition.ledger, (*definition.traffic, _EXCLUDE)
    if definition.type == "ModelQuality":
        ledger.settle(path, "left out", "answers and labels alone are read")
        return []
    text = ledger.carry(*path, to="spec.columns.exclude")
    named = list(dict.fromkeys(filter(None, (part.strip() for part in (text or "").split(",")))))
    if numbers := [name for name in named if name.isdecimal()]:
        ledger.settle(
            path, "to do", f"write the names that the baseline has at {', '.join(numbers)} into spec.columns.exclude"
        )
    return [name for name in named if not name.isdecimal()]

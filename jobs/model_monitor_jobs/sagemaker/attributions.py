"""What an explainability monitor reads and writes: explanations of analysis.json, violations, values of rows."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.analysis import Analysis
from model_monitor_jobs.sagemaker.documents import Part, parse
from model_monitor_jobs.sagemaker.explanations import stray_key
from model_monitor_jobs.sagemaker.metric_data import Datum, metric_data_lines

Doubles = NDArray[np.float64]
Finite = Annotated[float, Field(allow_inf_nan=False)]

ATTRIBUTION_THRESHOLD: Final = 0.9
"""Below which SageMaker finds a violation; it has no setting for it."""


class LabelExplanation(Part):
    """The global value of each feature for one output of the model, and the answer that they start from."""

    global_shap_values: dict[str, Finite]
    expected_value: Finite


class _Explanations(Part):
    kernel_shap: dict[str, LabelExplanation]


class Dependence(Protocol):
    """How a model's answers depend on one feature."""

    @property
    def feature(self) -> str:
        """The feature."""

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""

    @property
    def values(self) -> Sequence[Any]:
        """Its values."""

    @property
    def shares(self) -> Sequence[float]:
        """The share of rows that each of them, or the part of the range around it, has."""

    @property
    def answers(self) -> Doubles:
        """Mean answers, (outputs, values)."""


@dataclass(frozen=True)
class AttributionViolation:
    """One violation, in SageMaker's words."""

    label: str
    metric_name: str
    constraint_check_type: str
    description: str


def read_explanations(analysis: Analysis, uri: str) -> dict[str, LabelExplanation]:
    """The explanations by label. Features that were deleted from them are not checked.

    Raises InputError where there are none, with the path, the value and what was expected where one is wrong, for
    misspelt keys, and for a label without features.
    """
    if analysis.explanations is None:
        raise InputError(f"{uri}: it has no explanations", remedy="give the analysis.json of an explainability monitor")
    document = analysis.explanations
    labels = document.get("kernel_shap")
    for place, part, model in [("", document, _Explanations)] + [
        (f"kernel_shap.{label}.", part, LabelExplanation)
        for label, part in (labels.items() if isinstance(labels, dict) else ())
        if isinstance(part, dict)
    ]:
        if stray := stray_key(model, dict.fromkeys(part), {}):
            raise InputError(f"{uri}: explanations.{place}{stray}")
    found = parse(_Explanations, document, f"{uri}: explanations").kernel_shap
    for label, explanation in found.items():
        if not explanation.global_shap_values:
            raise InputError(f"{uri}: explanations.kernel_shap.{label}.global_shap_values: names no feature")
    return found


def explanations(labels: Mapping[str, LabelExplanation], dependence: Iterable[Dependence] = ()) -> dict[str, Any]:
    """The section `explanations`, as `analysis_document` takes it; with `dependence` also partial dependence."""
    found: dict[str, Any] = {
        "kernel_shap": {
            label: {"global_shap_values": dict(each.global_shap_values), "expected_value": each.expected_value}
            for label, each in labels.items()
        }
    }
    plots = [
        {
            "feature_name": each.feature,
            "data_type": "numerical" if each.numeric else "categorical",
            "feature_values": list(each.values),
            "data_distribution": list(each.shares),
            "model_predictions": dict(zip(labels, each.answers.tolist(), strict=False)),
        }
        for each in dependence
    ]
    return found | ({"pdp": plots} if plots else {})


def label_names(outputs: int, headers: Sequence[str] = ()) -> list[str]:
    """The labels of a model's outputs: Clarify's label_headers, else label0, label1 and so on.

    Raises InputError where there are headers, and not as many.
    """
    if headers and len(headers) != outputs:
        raise InputError(f"label_headers: names {len(headers)} labels, the model answers {outputs} values")
    return list(headers) or [f"label{number}" for number in range(outputs)]


def attribution_violation(label: str, ndcg: float) -> AttributionViolation | None:
    """SageMaker's rule: that the NDCG is below the threshold, in its words. NaN never is."""
    if not ndcg < ATTRIBUTION_THRESHOLD:
        return None
    description = f"Feature attribution drift {ndcg!r} exceeds threshold {ATTRIBUTION_THRESHOLD!r}"
    return AttributionViolation(label, "shap", "feature_attribution_drift_check", description)


def attribution_violations_document(violations: Iterable[AttributionViolation]) -> dict[str, Any]:
    """The violations in SageMaker's schema of feature attribution drift."""
    return {"version": "1.0", "violations": [asdict(violation) for violation in violations]}


def attribution_lines(
    labels: Mapping[str, LabelExplanation], timestamp: datetime, dimensions: Mapping[str, str]
) -> bytes:
    """`feature_<name>` and `ExpectedValue` of each label; see `metric_data_lines`."""
    return metric_data_lines(_published(labels), timestamp, dimensions)


def _published(labels: Mapping[str, LabelExplanation]) -> Iterator[Datum]:
    for label, each in labels.items():
        values = [(f"feature_{name}", "GlobalShapValues", value) for name, value in each.global_shap_values.items()]
        for name, kind, value in [*values, ("ExpectedValue", "ExpectedValue", each.expected_value)]:
            own = {"ExplainabilityMethod": "KernelShap", "Label": label, "ValueType": kind}
            yield Datum(name, {"Value": value}, own)


def local_values_file(features: Sequence[str], labels: Sequence[str], local: Doubles) -> bytes:
    """explanations_shap/out.csv of (labels, rows, features): a column `<feature>_<label>` each, label by label."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f"{feature}_{label}" for label in labels for feature in features])
    writer.writerows([[repr(float(value)) for value in row] for row in np.concatenate([*local], axis=1)])
    return text.getvalue().encode()


def read_local_values(content: bytes, label: str, uri: str) -> tuple[tuple[str, ...], Doubles]:
    """The features and values (rows, features) of a label in such a file.

    Raises InputError where the label has no column or a cell is no number.
    """
    try:
        header, *rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{uri}: is no CSV with a header") from error
    places = [place for place, name in enumerate(header) if name.endswith(f"_{label}")]
    if not places:
        raise InputError(f"{uri}: has no column <feature>_{label}; its first is {header[0] if header else ''!r}")
    values = np.empty((len(rows), len(places)))
    for number, row in enumerate(rows):
        for column, place in enumerate(places):
            values[number, column] = _value(row, place, f"{uri}: line {number + 2}: {header[place]}")
    return tuple(header[place].removesuffix(f"_{label}") for place in places), values


def _value(row: Sequence[str], place: int, where: str) -> float:
    try:
        value = float(row[place])
    except (IndexError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: {row[place] if place < len(row) else 'nothing'!r} is no finite number")
    return value

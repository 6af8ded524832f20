"""analysis.json of SageMaker Clarify: the bias that was measured, and what a bias monitor is compared with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, NewType, Protocol

from pydantic import PlainValidator

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.bias.selection import read_selection
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json, refuse_repeated_keys
from model_monitor_jobs.sagemaker.explanations import not_expected, stray_key
from model_monitor_jobs.sagemaker.kinds import refuse_other_kind
from model_monitor_jobs.sagemaker.texts import number

ANALYSIS: Final = "analysis.json of a bias or explainability monitor"
PRE_TRAINING: Final[Mapping[str, str]] = {
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Positive Proportions in Labels (DPL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "KL": "Kullback-Liebler Divergence (KL)",
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
}
POST_TRAINING: Final[Mapping[str, str]] = {
    "AD": "Accuracy Difference (AD)",
    "CDDPL": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
    "DAR": "Difference in Acceptance Rates (DAR)",
    "DCA": "Difference in Conditional Acceptance (DCA)",
    "DCR": "Difference in Conditional Rejection (DCR)",
    "DI": "Disparate Impact (DI)",
    "DPPL": "Difference in Positive Proportions in Predicted Labels (DPPL)",
    "DRR": "Difference in Rejection Rates (DRR)",
    "FT": "Flip Test (FT)",
    "GE": "Generalized Entropy (GE)",
    "RD": "Recall Difference (RD)",
    "SD": "Specificity Difference (SD)",
    "TE": "Treatment Equality (TE)",
}
"""Clarify's metrics of both stages in the order of the file, with its descriptions, spelt as there."""
SECTIONS: Final = {"post_training_bias_metrics": POST_TRAINING, "pre_training_bias_metrics": PRE_TRAINING}
"""The metrics of each stage by its key in the file."""


class Measurement(Protocol):
    """A metric as it stands in the file."""

    @property
    def value(self) -> float:
        """NaN where it is undefined."""

    @property
    def error(self) -> str:
        """Why it is."""


def metric_value(value: object) -> float | None:
    """A metric's value as it stands in the file; infinite ones are texts, and null stands for an error."""
    if value is None:
        return None
    if value in ("Infinity", "-Infinity"):
        return float(str(value))
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value):
            return float(value)
    except OverflowError:
        pass
    raise not_expected('a number, "Infinity", "-Infinity" or null', value)


class BiasMetric(Part):
    """A metric of one facet; without a value there is an error."""

    name: str
    description: str | None = None
    value: Annotated[float | None, PlainValidator(metric_value)]
    error: str | None = None


class FacetMetrics(Part):
    """The metrics of one facet: of those values of its column, or of those above a threshold."""

    value_or_threshold: str
    metrics: list[BiasMetric]


Facets = NewType("Facets", dict[str, list[FacetMetrics]])
"""By column. A type of its own, so that names of columns are not taken for keys of the file."""


class BiasSection(Part):
    """The metrics of one stage."""

    label: str | None = None
    facets: Facets
    label_value_or_threshold: str | None = None


class Analysis(Part):
    """The whole file."""

    version: str | float = "1.0"
    post_training_bias_metrics: BiasSection | None = None
    pre_training_bias_metrics: BiasSection | None = None
    explanations: dict[str, Any] | None = None
    """Of an explainability monitor; left as it is."""

    @property
    def sections(self) -> dict[str, BiasSection]:
        """The bias sections that the file has, by their keys."""
        found = {key: getattr(self, key) for key in SECTIONS}
        return {key: section for key, section in found.items() if section is not None}


@dataclass(frozen=True)
class MeasuredFacet:
    """What was measured of one facet, and its values or threshold as Clarify writes them."""

    column: str
    value_or_threshold: str
    metrics: Mapping[str, Measurement]


def read_analysis(content: bytes, uri: str) -> Analysis:
    """Read analysis.json, Clarify's or one that a person edited or wrote.

    Raises InputError with line and column where it is no JSON, where it is another file, with the path in the file, the
    value, and what was expected where a value is wrong, and for misspelt keys, unknown metrics, and what stands twice:
    what they were meant to check would silently not be checked.
    """
    document = read_json(content, uri)
    refuse_repeated_keys(content, uri)
    refuse_other_kind(document, ANALYSIS, uri)
    if isinstance(document, dict) and (stray := stray_key(Analysis, document, _HOMES) or _stray_in_facets(document)):
        raise InputError(f"{uri}: {stray}")
    analysis = parse(Analysis, document, uri)
    if not analysis.sections and analysis.explanations is None:
        raise InputError(f"{uri}: it has none of {', '.join(SECTIONS)}, explanations")
    for key, section in analysis.sections.items():
        for fault in _faults(key, section):
            raise InputError(f"{uri}: {fault}")
    return analysis


def analysis_document(
    label: str,
    label_value_or_threshold: str,
    facets: Iterable[MeasuredFacet],
    explanations: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What was measured, in Clarify's schema and with its metrics only; a stage without any metric has no section."""
    document: dict[str, Any] = {"version": "1.0"}
    facets = list(facets)
    for key, descriptions in SECTIONS.items():
        by_column: dict[str, list[dict[str, Any]]] = {}
        for facet in facets:
            metrics = [
                _written(name, description, facet.metrics[name])
                for name, description in descriptions.items()
                if name in facet.metrics
            ]
            if metrics:
                entry = {"value_or_threshold": facet.value_or_threshold, "metrics": metrics}
                by_column.setdefault(facet.column, []).append(entry)
        if by_column:
            document[key] = {
                "label": label,
                "facets": by_column,
                "label_value_or_threshold": label_value_or_threshold,
            }
    return document if explanations is None else document | {"explanations": dict(explanations)}


_HOMES: Final = {
    **dict.fromkeys(BiasMetric.model_fields, "a metric of a facet"),
    **dict.fromkeys(FacetMetrics.model_fields, "an entry of a facet"),
    **dict.fromkeys(BiasSection.model_fields, " or ".join(SECTIONS)),
}


def _stray_in_facets(document: Mapping[str, Any]) -> str | None:
    for key in SECTIONS:
        section = document.get(key)
        facets = section.get("facets") if isinstance(section, dict) else None
        for column, entries in facets.items() if isinstance(facets, dict) else ():
            for place, entry in enumerate(entries if isinstance(entries, list) else ()):
                if isinstance(entry, dict) and (stray := stray_key(FacetMetrics, entry, _HOMES)):
                    return f"{key}.facets.{column}[{place}].{stray}"
    return None


def _faults(key: str, section: BiasSection) -> Iterator[str]:
    """Metrics that the stage does not have, and what stands twice."""
    known = SECTIONS[key]
    for column, entries in section.facets.items():
        seen: dict[frozenset[str] | float, int] = {}
        for place, entry in enumerate(entries):
            where = f"{key}.facets.{column}[{place}]"
            first = seen.setdefault(read_selection(entry.value_or_threshold).key, place)
            if first != place:
                yield f'{where}.value_or_threshold: "{entry.value_or_threshold}" stands there again, after [{first}]'
            names = [metric.name for metric in entry.metrics]
            for index, name in enumerate(names):
                if name in names[:index]:
                    yield f'{where}.metrics[{index}].name: "{name}" stands there again'
                elif name not in known:
                    yield f"{where}.metrics[{index}].name: {_unknown(name, key)}"


def _unknown(name: str, key: str) -> str:
    others = [other for other, metrics in SECTIONS.items() if name in metrics and other != key]
    if others:
        return f'"{name}" belongs in {others[0]}'
    return f'unknown metric "{name}"; expected one of {", ".join(SECTIONS[key])}'


def _written(name: str, description: str, metric: Measurement) -> dict[str, Any]:
    value = metric.value
    made: dict[str, Any] = {"name": name, "description": description}
    if math.isnan(value):
        return made | {"value": None, "error": metric.error}
    return made | {"value": number(value) if math.isinf(value) else value}

"""Settings of the bias monitor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import ColumnName, Model, Uri
from model_monitor_crds.data_quality import Alpha, CompareWith
from model_monitor_crds.model_quality import Label, Probability
from model_monitor_crds.rules import Rule

BiasMetric = Literal[
    "AD",
    "CDDL",
    "CDDPL",
    "CI",
    "DAR",
    "DCA",
    "DCR",
    "DI",
    "DPL",
    "DPPL",
    "DRR",
    "EOD",
    "EOR",
    "FT",
    "GE",
    "JS",
    "KL",
    "KS",
    "LP",
    "RD",
    "SD",
    "TE",
    "TVD",
]
"""Every metric that can be judged, by SageMaker Clarify's names; EOD and EOR are equalised odds, difference and
ratio."""

Labels = Annotated[list[Label], Field(max_length=100, json_schema_extra={"x-kubernetes-list-type": "set"})]


class BiasFacet(Model):
    """A column, and which of its rows are the group that may be disadvantaged; all other rows are compared with it."""

    rules = (
        Rule(
            "!(has(self.values) && size(self.values) > 0 && has(self.threshold))",
            "spec.modelBias.facets: set values or threshold, not both",
            lambda facet: not (facet.values and facet.threshold is not None),
        ),
    )
    name: ColumnName
    """The column."""
    values: Labels = []
    """The group's values. Left out, without a threshold: each value of the column is a group of its own, up to 20."""
    threshold: float | None = None
    """Rows with a greater number are the group."""


class BiasProblem(Model):
    """Whose answers are compared with whose, and what a good answer is."""

    rules = (
        Rule(
            "(has(self.analysisConfigURI) ? 1 : 0) + (has(self.facets) && size(self.facets) > 0 ? 1 : 0) == 1",
            "spec.modelBias: set exactly one of facets and analysisConfigURI",
            lambda problem: bool(problem.analysis_config_uri) + bool(problem.facets) == 1,
        ),
        Rule(
            "(has(self.analysisConfigURI) ? 1 : 0) + (has(self.positiveThreshold) ? 1 : 0) +"
            " (has(self.positiveLabels) && size(self.positiveLabels) > 0 ? 1 : 0) == 1",
            "spec.modelBias: set exactly one of positiveLabels, positiveThreshold and analysisConfigURI",
            lambda problem: (
                bool(problem.analysis_config_uri)
                + bool(problem.positive_labels)
                + (problem.positive_threshold is not None)
                == 1
            ),
        ),
    )
    positive_labels: Labels = []
    """Labels and predictions that are a good answer; all others are not."""
    positive_threshold: float | None = None
    """Labels and predictions that are numbers: a greater one is a good answer."""
    facets: Annotated[
        list[BiasFacet], Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """The groups that are compared with all other rows."""
    group: ColumnName | None = None
    """Column that conditional demographic disparity (CDDL, CDDPL) is conditioned on."""
    probability_threshold: Probability = 0.5
    """Where there is a probability and no prediction, a probability above this is a good answer."""
    analysis_config_uri: Uri | None = Field(default=None, alias="analysisConfigURI")
    """analysis_config.json of SageMaker Clarify, which says all of the above and which metrics analysis.json has."""


class AllowedRange(Model):
    """What a metric may be."""

    rules = (
        Rule(
            "has(self.low) || has(self.high)",
            "spec.modelBias.allowedRanges: set low, high or both",
            lambda allowed: allowed.low is not None or allowed.high is not None,
        ),
        Rule(
            "!has(self.low) || !has(self.high) || self.low < self.high",
            "spec.modelBias.allowedRanges: low must be below high",
            lambda allowed: allowed.low is None or allowed.high is None or allowed.low < allowed.high,
        ),
    )
    metric: BiasMetric
    """The metric; it must be one that is judged."""
    low: float | None = None
    """Its lowest value."""
    high: float | None = None
    """Its highest value."""


class ModelBias(Model):
    """How bias is judged. Facets and labels are the Baseline's."""

    group: ColumnName | None = None
    """Column that conditional demographic disparity is conditioned on, where the Baseline adopts an analysis.json."""
    probability_threshold: Probability | None = None
    """Where there is a probability and no prediction, a probability above this is a good answer. Default: the
    Baseline's."""
    analysis_config_uri: Uri | None = Field(default=None, alias="analysisConfigURI")
    """analysis_config.json of SageMaker Clarify: names the columns of records without names, the column for `group` and
    the threshold of probabilities, where they are not set here. Only where the Baseline adopts an analysis.json."""
    compatibility: Literal["Default", "SageMaker"] = "Default"
    """Default judges metrics against sampling noise and the usual variation of the baseline's own windows. SageMaker
    holds every metric of analysis.json that is further from 0 than there for a violation."""
    metrics: Annotated[list[BiasMetric], Field(max_length=8, json_schema_extra={"x-kubernetes-list-type": "set"})] = []
    """Metrics that are judged of each facet; all others are reported. Default: DPL where there are labels, DPPL where
    there are answers. Only for Default."""
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Smallest change of a metric that counts, in the metric's own unit; of DI and EOR of the logarithm, of JS and KL
    of the root. Default: 0.02 where the baseline's usual variation is known, else 0.1, to which sampling noise is
    added. Only for Default."""
    alpha: Alpha = 0.01
    """Chance that a run without any change has some violation, shared among metrics and facets. Only for Default."""
    compare_with: CompareWith = "Auto"
    """Which of the baseline's windows a window is compared with, as in `dataQuality.compareWith`. Only for Default."""
    minimum_facet_size: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """Rows that the smaller of both sides of a facet needs for a verdict. Only for Default."""
    allowed_ranges: Annotated[
        list[AllowedRange],
        Field(
            max_length=23, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["metric"]}
        ),
    ] = []
    """Metrics that are judged by what they may be, not by the baseline: a violation is a value outside of the range by
    more than sampling noise explains. Only for Default."""

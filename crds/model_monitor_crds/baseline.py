"""The `Baseline` resource: what traffic is compared with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import (
    API_VERSION,
    Conditions,
    Model,
    Moment,
    MonitoringType,
    Uri,
)
from model_monitor_crds.bias import BiasProblem
from model_monitor_crds.data import Columns, Dataset, Output
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.job import PodSettings
from model_monitor_crds.metadata import Kind, Metadata, PrinterColumn
from model_monitor_crds.model_explainability import ExplainedModel
from model_monitor_crds.model_quality import PROBABILITY_THRESHOLD, Problem
from model_monitor_crds.rules import Checked, Rule, exactly_one, longest_name, matches

WINDOW_PATTERN = "^(P[1-7]D|P1W|PT([123468]|12)H|PT(5|10|15|20|30)M)$"
WindowLength = Annotated[
    str,
    Field(min_length=1, max_length=8),
    Checked(
        matches(
            WINDOW_PATTERN,
            message="spec.windows: a window is 5, 10, 15, 20 or 30 minutes (PT5M), 1, 2, 3, 4, 6, 8 or 12 hours (PT1H),"
            " or 1 to 7 days (P1D)",
        )
    ),
]

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", max_length=64)]


class ExistingBaseline(Model):
    """A baseline that was made before, by this operator or by SageMaker Model Monitor."""

    statistics_uri: Uri | None = Field(default=None, alias="statisticsURI")
    """statistics.json. May be left out for ModelQuality, whose constraints.json tells everything, and for
    ModelBias and ModelExplainability."""
    constraints_uri: Uri = Field(alias="constraintsURI")
    """constraints.json; of ModelBias and ModelExplainability analysis.json."""


class BaselineFiles(Model):
    """The files of a finished baseline."""

    statistics_uri: Uri | None = Field(default=None, alias="statisticsURI")
    """statistics.json in SageMaker's schema. Missing where constraints.json alone was adopted, and of ModelBias
    and ModelExplainability."""
    constraints_uri: Uri = Field(alias="constraintsURI")
    """constraints.json in SageMaker's schema; of ModelBias and ModelExplainability analysis.json."""
    profile_uri: Uri | None = Field(default=None, alias="profileURI")
    """profile.parquet: what the default rule needs beyond SageMaker's files. Missing where files were adopted."""
    sample_uri: Uri | None = Field(default=None, alias="sampleURI")
    """sample.parquet: rows of the dataset that performance is estimated from without labels (ModelQuality)."""
    statistics_sha256: Sha256 | None = None
    """SHA-256 of statistics.json when the baseline was made."""
    constraints_sha256: Sha256
    """SHA-256 of constraints.json when the baseline was made."""
    record_count: Annotated[int, Field(ge=0)]
    """Rows in the baseline."""
    column_count: Annotated[int, Field(ge=0)]
    """Columns that are judged; for ModelQuality and ModelBias the metrics that were measured, for
    ModelExplainability the features."""


class BaselineSpec(Model):
    """What the baseline is made from."""

    rules = (
        exactly_one("dataset", "existing", of="spec"),
        Rule(
            "!has(self.dataset) || has(self.output)",
            "spec: a dataset needs output.uri, where the files go",
            lambda spec: spec.dataset is None or spec.output is not None,
        ),
        Rule(
            "self.monitoringType != 'DataQuality' || !has(self.existing) || has(self.existing.statisticsURI)",
            "spec.existing: DataQuality needs statisticsURI as well",
            lambda spec: (
                spec.monitoring_type != "DataQuality"
                or spec.existing is None
                or spec.existing.statistics_uri is not None
            ),
        ),
        Rule(
            "self.monitoringType == 'ModelQuality' || !has(self.modelQuality)",
            "spec.modelQuality: only for monitoringType ModelQuality",
            lambda spec: spec.monitoring_type == "ModelQuality" or spec.model_quality is None,
        ),
        Rule(
            "!has(self.existing) || !has(self.modelQuality) || !has(self.modelQuality.positiveLabel)",
            "spec.modelQuality.positiveLabel: existing files do not carry it; set it on the MonitoringSchedule",
            lambda spec: (
                spec.existing is None or spec.model_quality is None or spec.model_quality.positive_label is None
            ),
        ),
        Rule(
            # The API server fills in the default.
            "!has(self.existing) || !has(self.modelQuality) ||"
            f" self.modelQuality.probabilityThreshold == {PROBABILITY_THRESHOLD}",
            "spec.modelQuality.probabilityThreshold: existing files do not carry it; set it on the MonitoringSchedule",
            lambda spec: (
                spec.existing is None
                or spec.model_quality is None
                or spec.model_quality.probability_threshold == PROBABILITY_THRESHOLD
            ),
        ),
        Rule(
            "self.monitoringType != 'ModelQuality' || !has(self.dataset) || has(self.modelQuality)",
            "spec.modelQuality: ModelQuality needs problemType: BinaryClassification, MulticlassClassification or"
            " Regression",
            lambda spec: (
                spec.monitoring_type != "ModelQuality" or spec.dataset is None or spec.model_quality is not None
            ),
        ),
        Rule(
            "self.monitoringType != 'ModelQuality' || !has(self.dataset) || (has(self.columns) &&"
            " has(self.columns.groundTruth))",
            "spec.columns.groundTruth: ModelQuality needs the column of the dataset that holds the label",
            lambda spec: (
                spec.monitoring_type != "ModelQuality" or spec.dataset is None or spec.columns.ground_truth is not None
            ),
        ),
        Rule(
            "self.monitoringType != 'ModelQuality' || !has(self.dataset) || (has(self.columns) &&"
            " (has(self.columns.prediction) || has(self.columns.probability) || (has(self.columns.probabilities) &&"
            " size(self.columns.probabilities) > 0)))",
            "spec.columns: ModelQuality needs prediction, probability or probabilities: the columns of the dataset with"
            " the model's answer",
            lambda spec: (
                spec.monitoring_type != "ModelQuality"
                or spec.dataset is None
                or bool(spec.columns.prediction or spec.columns.probability or spec.columns.probabilities)
            ),
        ),
        Rule(
            "self.monitoringType == 'ModelBias' || !has(self.modelBias)",
            "spec.modelBias: only for monitoringType ModelBias",
            lambda spec: spec.monitoring_type == "ModelBias" or spec.model_bias is None,
        ),
        Rule(
            "self.monitoringType != 'ModelBias' || !has(self.dataset) || has(self.modelBias)",
            "spec.modelBias: ModelBias needs facets and positiveLabels, or analysisConfigURI",
            lambda spec: spec.monitoring_type != "ModelBias" or spec.dataset is None or spec.model_bias is not None,
        ),
        Rule(
            "self.monitoringType != 'ModelBias' || !has(self.dataset) || (has(self.columns) &&"
            " (has(self.columns.groundTruth) || has(self.columns.prediction) || has(self.columns.probability)))",
            "spec.columns: ModelBias needs groundTruth, prediction or probability: columns of the dataset with labels"
            " or the model's answers",
            lambda spec: (
                spec.monitoring_type != "ModelBias"
                or spec.dataset is None
                or bool(spec.columns.ground_truth or spec.columns.prediction or spec.columns.probability)
            ),
        ),
        Rule(
            "self.monitoringType == 'ModelExplainability' || !has(self.modelExplainability)",
            "spec.modelExplainability: only for monitoringType ModelExplainability",
            lambda spec: spec.monitoring_type == "ModelExplainability" or spec.model_explainability is None,
        ),
        Rule(
            "self.monitoringType != 'ModelExplainability' || !has(self.dataset) || has(self.modelExplainability)",
            "spec.modelExplainability: ModelExplainability needs model: the url, callable or estimator that is asked",
            lambda spec: (
                spec.monitoring_type != "ModelExplainability"
                or spec.dataset is None
                or spec.model_explainability is not None
            ),
        ),
        Rule(
            "!has(self.modelExplainability) || has(self.modelExplainability.model.url) || has(self.job.image)",
            "spec.modelExplainability.model: callable and estimator need an image of your own in spec.job.image",
            lambda spec: (
                spec.model_explainability is None
                or spec.model_explainability.model.url is not None
                or spec.job.image is not None
            ),
        ),
        Rule(
            "!has(self.existing) || !has(self.modelExplainability)",
            "spec.modelExplainability: an existing analysis.json does not carry it; set it on the MonitoringSchedule",
            lambda spec: spec.existing is None or spec.model_explainability is None,
        ),
    )
    monitoring_type: MonitoringType = "DataQuality"
    """What is monitored with it."""
    model_quality: Problem | None = None
    """ModelQuality: what the model answers. May be left out with existing files, whose constraints.json tells the
    problem."""
    model_bias: BiasProblem | None = None
    """ModelBias: whose answers are compared with whose."""
    model_explainability: ExplainedModel | None = None
    """ModelExplainability: which model is explained, and how."""
    dataset: Dataset | None = None
    """Data that is profiled: usually the training set."""
    existing: ExistingBaseline | None = None
    """Files that are adopted as they are, instead of a dataset."""
    columns: Columns = Field(default_factory=Columns)
    """What particular columns mean. With `timestamp`, the baseline learns how much its own windows vary."""
    windows: Annotated[list[WindowLength], Field(max_length=4, json_schema_extra={"x-kubernetes-list-type": "set"})] = [
        "PT1H",
        "P1D",
    ]
    """Lengths of the windows (ISO 8601) that schedules on this baseline judge; usual variation is learned for each.
    Only used with `columns.timestamp`."""
    time_zone: Annotated[str, Field(min_length=1, max_length=64, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$")] = "Etc/UTC"
    """Time zone in which the baseline's days begin and its hours of day are counted, such as Europe/Berlin."""
    output: Output | None = None
    """Where statistics.json, constraints.json and profile.parquet are written."""
    engine: Annotated[Engine, Field(json_schema_extra={"default": {"type": "Local"}})] = LOCAL
    """What the baseline is computed with."""
    job: PodSettings = Field(default_factory=PodSettings)
    """The pod that makes the baseline."""


class BaselineStatus(Model):
    """What has come of it. Written by the operator alone."""

    observed_generation: Annotated[int, Field(ge=-1)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = []
    """Ready, Reconciling, Stalled."""
    files: BaselineFiles | None = None
    """The files that schedules on this baseline read."""
    execution_name: Annotated[str, Field(max_length=253)] | None = None
    """The MonitoringExecution that made it."""
    completion_time: Moment | None = None
    """When it was made."""


class Baseline(Model):
    """The reference that traffic is compared with: made from a dataset, or adopted from existing files."""

    rules = (longest_name(45, "Jobs are named after it"),)
    api_version: Literal["modelmonitor.dev/v1alpha1"] = API_VERSION
    kind: Literal["Baseline"] = "Baseline"
    metadata: Metadata
    spec: BaselineSpec
    """What the baseline is made from."""
    status: BaselineStatus | None = None
    """What has come of it."""


KIND = Kind(
    model=Baseline,
    plural="baselines",
    short_name="mbl",
    columns=(
        PrinterColumn("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        PrinterColumn("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        PrinterColumn("Type", "string", ".spec.monitoringType"),
        PrinterColumn("Rows", "integer", ".status.files.recordCount"),
        PrinterColumn("Judged", "integer", ".status.files.columnCount"),
        PrinterColumn("Age", "date", ".metadata.creationTimestamp"),
        PrinterColumn("Statistics", "string", ".status.files.statisticsURI", priority=1),
        PrinterColumn("Message", "string", '.status.conditions[?(@.type=="Ready")].message', priority=1),
    ),
)

"""The `MonitoringSchedule` resource: which traffic, which baseline, when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import (
    API_VERSION,
    CheckType,
    Conditions,
    Duration,
    Model,
    Moment,
    MonitoringType,
    Reference,
    Segment,
    TimeWindow,
    Uri,
)
from model_monitor_crds.bias import ModelBias
from model_monitor_crds.data import Columns, CSVOptions, Output, Script, UnreadableShare
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.job import ScheduledPodSettings
from model_monitor_crds.metadata import Kind, Metadata, PrinterColumn
from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.monitoringexecution import Violation
from model_monitor_crds.own_container import CONTRACT_RULES
from model_monitor_crds.rules import Checked, Rule, at_defaults, exactly_one, longest_name, matches
from model_monitor_crds.schedule import AWS_PATTERN, CRON_PATTERN, MACRO_PATTERN


class Endpoint(Model):
    """Captured traffic of a model server."""

    capture_uri: Uri = Field(alias="captureURI")
    """Folder of the captured data; the layout below it is [endpoint/[variant/]]yyyy/mm/dd/hh/*.jsonl, in UTC."""
    format: Literal["SageMaker"] = "SageMaker"
    """How records are written: SageMaker's data capture (JSON Lines)."""


class Batch(Model):
    """A folder of batch inference data."""

    data_uri: Uri = Field(alias="dataURI")
    """A file, a folder or a glob. strftime codes (%Y %m %d %H) stand for the start of the window, in UTC."""
    predictions_uri: Uri | None = Field(default=None, alias="predictionsURI")
    """ModelQuality, ModelBias: the model's answers, where they lie in files of their own beside the data: likewise, in
    the same format, row by row in the order of the data's files."""
    format: Literal["CSV", "JSONLines", "Parquet"] = "CSV"
    """How the files are written. CSV and JSON Lines may be compressed (.gz)."""
    csv: CSVOptions = Field(default_factory=CSVOptions)
    """How CSV is written; only read when format is CSV."""


class WindowOffsets(Model):
    """The span of data a run reads, relative to its scheduled time."""

    start_offset: Duration
    """Start of the window relative to the scheduled time, such as -PT1H (ISO 8601 duration)."""
    end_offset: Duration = "PT0S"
    """End of the window relative to the scheduled time (ISO 8601 duration)."""


class Input(Model):
    """The traffic that is judged."""

    rules = (
        exactly_one("endpoint", "batch", of="spec.input"),
        Rule(
            "!has(self.recordPreprocessor) || !has(self.batch) ||"
            " (self.batch.format != 'Parquet' && !has(self.batch.predictionsURI))",
            "spec.input.recordPreprocessor: Parquet has no lines that a script could be given, and predictionsURI pairs"
            " rows that a script may drop",
            lambda source: (
                source.record_preprocessor is None
                or source.batch is None
                or (source.batch.format != "Parquet" and source.batch.predictions_uri is None)
            ),
        ),
    )
    endpoint: Endpoint | None = None
    """Captured traffic of a model server."""
    batch: Batch | None = None
    """A folder of batch inference data."""
    window: WindowOffsets | None = None
    """The span of data a run reads. Default: from the schedule's previous time to this one."""
    max_unreadable_share: UnreadableShare = 0.5
    """Share of lines and of files (0 to 1) that may be unreadable before a run fails. Fewer are counted and shown."""
    record_preprocessor: Script | None = None
    """A script whose `preprocess_handler(inference_record)` makes a row, several or none of each captured event; of a
    batch folder it is given each line of CSV or JSON Lines."""


class Alert(Model):
    """When violations become an alert."""

    rules = (
        Rule(
            "self.datapointsToAlert <= self.evaluationPeriods",
            "spec.alert: datapointsToAlert may not exceed evaluationPeriods",
            lambda alert: alert.datapoints_to_alert <= alert.evaluation_periods,
        ),
    )
    datapoints_to_alert: Annotated[int, Field(ge=1, le=100)] = 2
    """How many violations of the same column and check make an alert."""
    evaluation_periods: Annotated[int, Field(ge=1, le=100)] = 3
    """Among how many of the latest judged windows."""


class MonitoringScheduleSpec(Model):
    """Which traffic is compared with which baseline, and when."""

    rules = (
        Rule(
            "has(self.schedule) || !self.suspend",
            "spec.suspend: only a monitor with a schedule can be suspended",
            lambda spec: spec.schedule is not None or not spec.suspend,
        ),
        Rule(
            "self.job.successfulExecutionsHistoryLimit >= self.alert.evaluationPeriods",
            "spec.job.successfulExecutionsHistoryLimit: may not be below spec.alert.evaluationPeriods, or an alert"
            " would be counted on executions that are gone",
            lambda spec: spec.job.successful_executions_history_limit >= spec.alert.evaluation_periods,
        ),
        Rule(
            "self.monitoringType != 'ModelQuality' || has(self.groundTruth) || has(self.input.batch) ||"
            " self.job.contract == 'SageMaker'",
            "spec.groundTruth: ModelQuality needs labels; only a batch folder may have them in a column of its own",
            lambda spec: (
                spec.monitoring_type != "ModelQuality"
                or spec.ground_truth is not None
                or spec.input.batch is not None
                or spec.job.contract == "SageMaker"
            ),
        ),
        Rule(
            "self.monitoringType != 'ModelQuality' || has(self.groundTruth) || !has(self.input.batch) ||"
            " !has(self.columns) || has(self.columns.groundTruth) || self.job.contract == 'SageMaker'",
            "spec.groundTruth: ModelQuality needs labels; set it, or name the batch folder's own column of them in"
            " spec.columns.groundTruth",
            lambda spec: (
                spec.monitoring_type != "ModelQuality"
                or spec.ground_truth is not None
                or spec.input.batch is None
                or spec.columns is None
                or spec.columns.ground_truth is not None
                or spec.job.contract == "SageMaker"
            ),
        ),
        Rule(
            "!(self.monitoringType in ['DataQuality', 'ModelExplainability']) || !has(self.input.batch) ||"
            " !has(self.input.batch.predictionsURI)",
            "spec.input.batch.predictionsURI: not for monitoringType DataQuality and ModelExplainability",
            lambda spec: (
                spec.monitoring_type not in ("DataQuality", "ModelExplainability")
                or spec.input.batch is None
                or spec.input.batch.predictions_uri is None
            ),
        ),
        Rule(
            "self.monitoringType == 'DataQuality' || !has(self.dataQuality) ||"
            f" {at_defaults('self.dataQuality', DataQuality)}",
            "spec.dataQuality: has no effect but for monitoringType DataQuality",
            lambda spec: spec.monitoring_type == "DataQuality" or spec.data_quality == DataQuality(),
        ),
        Rule(
            f"self.monitoringType == 'ModelBias' || !has(self.modelBias) || {at_defaults('self.modelBias', ModelBias)}",
            "spec.modelBias: has no effect but for monitoringType ModelBias",
            lambda spec: spec.monitoring_type == "ModelBias" or spec.model_bias == ModelBias(),
        ),
        *CONTRACT_RULES,
        Rule(
            "self.monitoringType == 'ModelQuality' || !has(self.modelQuality)",
            "spec.modelQuality: only for monitoringType ModelQuality",
            lambda spec: spec.monitoring_type == "ModelQuality" or spec.model_quality is None,
        ),
        Rule(
            "self.monitoringType == 'ModelExplainability' || !has(self.modelExplainability)",
            "spec.modelExplainability: only for monitoringType ModelExplainability",
            lambda spec: spec.monitoring_type == "ModelExplainability" or spec.model_explainability is None,
        ),
        Rule(
            "!has(self.modelExplainability) || !has(self.modelExplainability.model) ||"
            " has(self.modelExplainability.model.url) || has(self.job.image)",
            "spec.modelExplainability.model: callable and estimator need an image of your own in spec.job.image",
            lambda spec: (
                spec.model_explainability is None
                or spec.model_explainability.model is None
                or spec.model_explainability.model.url is not None
                or spec.job.image is not None
            ),
        ),
        Rule(
            "!(self.monitoringType in ['DataQuality', 'ModelExplainability']) || !has(self.groundTruth)",
            "spec.groundTruth: not for monitoringType DataQuality and ModelExplainability",
            lambda spec: (
                spec.monitoring_type not in ("DataQuality", "ModelExplainability") or spec.ground_truth is None
            ),
        ),
    )
    model: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Name of the model; groups the monitors of one model."""
    monitoring_type: MonitoringType = "DataQuality"
    """What is monitored."""
    schedule: (
        Annotated[
            str,
            Field(min_length=1, max_length=128),
            Checked(
                matches(
                    CRON_PATTERN,
                    MACRO_PATTERN,
                    AWS_PATTERN,
                    message="spec.schedule: write five cron fields such as '0 * * * *' (Sunday is 0), a macro such as"
                    " @hourly, or SageMaker's cron(0 * ? * * *)",
                )
            ),
        ]
        | None
    ) = None
    """When runs start: five cron fields (minute hour day month weekday), @hourly, @daily, @weekly, @monthly or @yearly,
    or SageMaker's cron(0 * ? * * *). Left out: only on demand, by creating a MonitoringExecution."""
    time_zone: Annotated[str, Field(min_length=1, max_length=64, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$")] = "Etc/UTC"
    """Time zone of the schedule, a name of the IANA database such as Europe/Berlin."""
    suspend: bool = False
    """Whether scheduled runs are held back."""
    baseline_ref: Reference | None = None
    """The Baseline that traffic is compared with. Only a container with job.contract SageMaker may do without."""
    input: Input
    """The traffic that is judged."""
    ground_truth: GroundTruth | None = None
    """ModelQuality, ModelBias: the labels, and when they are due. Without them ModelBias has the metrics that need
    none."""
    columns: Columns | None = None
    """What particular columns mean. Default: the Baseline's."""
    data_quality: DataQuality = Field(default_factory=DataQuality)
    """Settings of the data quality monitor."""
    model_quality: ModelQuality | None = None
    """Settings of the model quality monitor."""
    model_bias: ModelBias = Field(default_factory=ModelBias)
    """Settings of the bias monitor."""
    model_explainability: ModelExplainability | None = None
    """Settings of the explainability monitor."""
    alert: Alert = Field(default_factory=Alert)
    """When violations become an alert."""
    post_analytics_processor: Script | None = None
    """A script whose `postprocess_handler()` runs once the results are there, in /opt/ml/processing/output; what it
    writes there is stored with them, and the run fails where it does."""
    output: Output
    """Where results are written: <uri>/<schedule>/yyyy/mm/dd/hh/ of the scheduled time in UTC."""
    engine: Annotated[Engine, Field(json_schema_extra={"default": {"type": "Local"}})] = LOCAL
    """What runs compute with."""
    job: ScheduledPodSettings = Field(default_factory=ScheduledPodSettings)
    """The pods of the runs."""

    @property
    def baseline_name(self) -> str:
        """Name of the Baseline; empty where there is none."""
        return self.baseline_ref.name if self.baseline_ref is not None else ""

    @property
    def quality_settings(self) -> ModelQuality:
        """Settings of the model quality monitor; its defaults where none are set."""
        return self.model_quality or ModelQuality()

    @property
    def explainability_settings(self) -> ModelExplainability:
        """Settings of the explainability monitor; its defaults where none are set."""
        return self.model_explainability or ModelExplainability()

    @property
    def compatibility(self) -> Literal["Default", "SageMaker"]:
        """Whose rule judges."""
        settings: dict[MonitoringType, DataQuality | ModelQuality | ModelBias | ModelExplainability] = {
            "DataQuality": self.data_quality,
            "ModelQuality": self.quality_settings,
            "ModelBias": self.model_bias,
            "ModelExplainability": self.explainability_settings,
        }
        return settings[self.monitoring_type].compatibility


class LastRun(Model):
    """The latest run that ended."""

    name: Annotated[str, Field(max_length=253)]
    """Its MonitoringExecution."""
    state: Literal["Completed", "CompletedWithViolations", "Failed"]
    """How it ended, in SageMaker's words."""
    window: TimeWindow | None = None
    """The data it judged."""
    completion_time: Moment | None = None
    """When it ended."""
    violation_count: Annotated[int, Field(ge=0)] | None = None
    """How many violations it found."""
    report_uri: Uri | None = Field(default=None, alias="reportURI")
    """Folder of its results."""


class ActiveAlert(Model):
    """A column and check in alert."""

    column: Annotated[str, Field(max_length=256)]
    """Column, or empty for the table as a whole."""
    segment: Segment | None = None
    """The part of the rows that is meant; left out: all."""
    check: CheckType
    """Check that is violated."""
    violations: Annotated[int, Field(ge=1)]
    """How many of the latest judged windows violate it."""
    immediate: bool = False
    """Whether one window sufficed, because the change is beyond three times its limit or structural."""


class MonitoringScheduleStatus(Model):
    """How the monitor stands. Written by the operator alone."""

    observed_generation: Annotated[int, Field(ge=-1)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = []
    """Ready, Reconciling, Stalled, BaselineReady, Suspended, LastRunSucceeded, ViolationsDetected, InAlert."""
    effective_schedule: Annotated[str, Field(max_length=128)] | None = None
    """The five cron fields that the CronJob has."""
    next_run_time: Moment | None = None
    """When the next scheduled run is due."""
    last_run_time: Moment | None = None
    """When the latest run that ended was started."""
    last_run: LastRun | None = None
    """The latest run that ended."""
    active: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=20)] = []
    """Runs at work."""
    violation_count: Annotated[int, Field(ge=0)] | None = None
    """Violations in the latest completed run."""
    violations: Annotated[
        list[Violation], Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """The worst 20 violations of the latest completed run."""
    alerts: Annotated[
        list[ActiveAlert], Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """Columns and checks in alert, at most 20."""


class MonitoringSchedule(Model):
    """A monitor: which traffic is compared with which baseline, when, and where the results go."""

    rules = (longest_name(52, "a CronJob has the same name"),)
    api_version: Literal["modelmonitor.dev/v1alpha1"] = API_VERSION
    kind: Literal["MonitoringSchedule"] = "MonitoringSchedule"
    metadata: Metadata
    spec: MonitoringScheduleSpec
    """Which traffic is compared with which baseline, and when."""
    status: MonitoringScheduleStatus | None = None
    """How the monitor stands."""


KIND = Kind(
    model=MonitoringSchedule,
    plural="monitoringschedules",
    short_name="msch",
    columns=(
        PrinterColumn("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        PrinterColumn("Schedule", "string", ".spec.schedule"),
        PrinterColumn("Suspend", "boolean", ".spec.suspend"),
        PrinterColumn("Last Run", "date", ".status.lastRunTime"),
        PrinterColumn("Violations", "integer", ".status.violationCount"),
        PrinterColumn("Baseline", "string", ".spec.baselineRef.name"),
        PrinterColumn("Age", "date", ".metadata.creationTimestamp"),
        PrinterColumn("Last State", "string", ".status.lastRun.state", priority=1),
        PrinterColumn("Alert", "string", '.status.conditions[?(@.type=="InAlert")].status', priority=1),
        PrinterColumn("Next Run", "string", ".status.nextRunTime", priority=1),
        PrinterColumn("Model", "string", ".spec.model", priority=1),
        PrinterColumn("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', priority=1),
        PrinterColumn("Message", "string", '.status.conditions[?(@.type=="Ready")].message', priority=1),
    ),
)

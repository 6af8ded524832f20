"""The `MonitoringExecution` resource: the record of one run. Creating one by hand runs the monitor now."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import (
    API_VERSION,
    CheckType,
    Conditions,
    Model,
    Moment,
    Reference,
    Segment,
    TimeWindow,
    Uri,
)
from model_monitor_crds.baseline import BaselineFiles, Sha256
from model_monitor_crds.metadata import Kind, Metadata, PrinterColumn
from model_monitor_crds.rules import Rule, exactly_one, longest_name

Share = Annotated[float, Field(ge=0)]


class Violation(Model):
    """One check of one column that does not hold."""

    column: Annotated[str, Field(max_length=256)]
    """Column, or empty for the table as a whole."""
    segment: Segment | None = None
    """The part of the rows that was judged; left out: all."""
    check: CheckType
    """Check that is violated, under SageMaker's name."""
    description: Annotated[str, Field(max_length=512)]
    """What was found and what was expected, in words."""
    difference: Share | None = None
    """Distance from the baseline, for most checks as a share of rows (0 to 1)."""
    limit: Share | None = None
    """Largest difference that would have passed."""
    count: Annotated[int, Field(ge=0)] | None = None
    """Rows that the difference was measured on."""
    immediate: bool = False
    """Whether this alone makes an alert: beyond three times its limit, or structural."""


class UnjudgedCheck(Model):
    """One check of one column that could not be judged."""

    column: Annotated[str, Field(max_length=256)]
    """Column, or empty for the table as a whole."""
    segment: Segment | None = None
    """The part of the rows; left out: all."""
    check: CheckType
    """Check, under SageMaker's name."""


class Verdicts(Model):
    """How many checks came to which verdict."""

    passed: Annotated[int, Field(ge=0)] = 0
    """Within the limit."""
    violated: Annotated[int, Field(ge=0)] = 0
    """Beyond the limit."""
    insufficient_data: Annotated[int, Field(ge=0)] = 0
    """Too few rows to judge."""
    too_variable: Annotated[int, Field(ge=0)] = 0
    """The limit is so wide that passing would mean nothing."""


class Labels(Model):
    """Which labels a run's figures had."""

    as_of: Moment
    """Labels known before this time count."""
    coverage: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of the window's records that have a label."""
    matched: Annotated[int, Field(ge=0)] | None = None
    """Records with a label."""
    unmatched: Annotated[int, Field(ge=0)] | None = None
    """Records without one."""
    orphaned: Annotated[int, Field(ge=0)] | None = None
    """Labels for which the window has no record."""
    relabelled: Annotated[int, Field(ge=0)] | None = None
    """Labels that a later one for the same record replaced."""
    revision: Annotated[int, Field(ge=0)] = 0
    """How often the window was judged and published before, with fewer labels."""


class Measured(Model):
    """A metric of the model's performance, of its bias, or of its attributions."""

    metric: Annotated[str, Field(max_length=64)]
    """Its name, SageMaker's where it has one."""
    facet: Annotated[str, Field(max_length=256)] | None = None
    """ModelBias: the group that it is of, such as `sex = F`."""
    feature: Annotated[str, Field(max_length=256)] | None = None
    """ModelExplainability: the feature whose share of all attribution it is."""
    label: Annotated[str, Field(max_length=256)] | None = None
    """ModelExplainability: the output of the model that it is of, where there are several."""
    value: float | None = None
    """Measured with labels."""
    low: float | None = None
    """Lower end of its 95 % interval."""
    high: float | None = None
    """Upper end of its 95 % interval."""
    baseline: float | None = None
    """Its value in the baseline."""
    estimate: float | None = None
    """What it was estimated to be without labels."""
    estimate_low: float | None = None
    """Lower end of the estimate's 95 % interval."""
    estimate_high: float | None = None
    """Upper end of the estimate's 95 % interval."""


class MonitoringExecutionSpec(Model):
    """What is run."""

    rules = (
        exactly_one("scheduleRef", "baselineRef", of="spec"),
        Rule(
            "!has(self.baselineRef) || !has(self.window)",
            "spec.window: only a schedule's run has a window",
            lambda spec: spec.baseline_ref is None or spec.window is None,
        ),
        Rule("self == oldSelf", "spec can't be changed: create another MonitoringExecution"),
    )
    schedule_ref: Reference | None = None
    """The MonitoringSchedule whose monitor runs."""
    baseline_ref: Reference | None = None
    """The Baseline that is made. Written by its own run; by hand, create one for a schedule."""
    window: TimeWindow | None = None
    """The data that is judged. Default: the latest whole window of the schedule."""


class MonitoringExecutionStatus(Model):
    """What came of the run. The container writes its results, the operator how the run itself went."""

    observed_generation: Annotated[int, Field(ge=-1)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = []
    """Complete, Failed, ViolationsDetected (by the container), Ready, Reconciling, Stalled (by the operator)."""
    job_name: Annotated[str, Field(max_length=253)] | None = None
    """The Job that did the work."""
    scheduled_time: Moment | None = None
    """The schedule's time that this run belongs to; missing for runs on demand."""
    start_time: Moment | None = None
    """When the container began."""
    completion_time: Moment | None = None
    """When the container ended."""
    window: TimeWindow | None = None
    """The data that is judged."""
    record_count: Annotated[int, Field(ge=0)] | None = None
    """Rows read."""
    unreadable_count: Annotated[int, Field(ge=0)] | None = None
    """Lines that could not be read. Samples are in execution.json beside the results."""
    labels: Labels | None = None
    """ModelQuality, ModelBias: which labels the figures had."""
    metrics: Annotated[
        list[Measured], Field(max_length=32, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """ModelQuality, ModelBias: the judged metrics first, then the others. ModelExplainability: ndcg, and the shares of
    all attribution, the most changed first."""
    verdicts: Verdicts | None = None
    """How many checks came to which verdict."""
    violation_count: Annotated[int, Field(ge=0)] | None = None
    """Violations in all."""
    violations: Annotated[
        list[Violation], Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """The worst 20 violations."""
    not_judged: Annotated[
        list[UnjudgedCheck], Field(max_length=50, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """Checks without enough data to be judged, at most 50. They count neither for nor against an alert."""
    truncated: bool | None = None
    """Whether there are more violations, or more checks that were not judged, than listed here."""
    summary: Annotated[str, Field(max_length=1024)] | None = None
    """The outcome in one sentence."""
    report_uri: Uri | None = Field(default=None, alias="reportURI")
    """Folder of report.html, statistics.json, constraint_violations.json and execution.json."""
    report_sha256: Sha256 | None = None
    """SHA-256 of constraint_violations.json."""
    baseline_files: BaselineFiles | None = None
    """The baseline that was made, or the one that was compared with."""


class MonitoringExecution(Model):
    """The record of one run, of a schedule or of a baseline. Creating one by hand runs the monitor now."""

    rules = (longest_name(63, "a Job has the same name"),)
    api_version: Literal["modelmonitor.dev/v1alpha1"] = API_VERSION
    kind: Literal["MonitoringExecution"] = "MonitoringExecution"
    metadata: Metadata
    spec: MonitoringExecutionSpec
    """What is run."""
    status: MonitoringExecutionStatus | None = None
    """What came of the run."""


KIND = Kind(
    model=MonitoringExecution,
    plural="monitoringexecutions",
    short_name="mexe",
    columns=(
        PrinterColumn("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        PrinterColumn("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        PrinterColumn("Schedule", "string", ".spec.scheduleRef.name"),
        PrinterColumn("Window Start", "string", ".status.window.start"),
        PrinterColumn("Rows", "integer", ".status.recordCount"),
        PrinterColumn("Violations", "integer", ".status.violationCount"),
        PrinterColumn("Age", "date", ".metadata.creationTimestamp"),
        PrinterColumn("Coverage", "number", ".status.labels.coverage", priority=1),
        PrinterColumn("Baseline", "string", ".spec.baselineRef.name", priority=1),
        PrinterColumn("Window End", "string", ".status.window.end", priority=1),
        PrinterColumn("Report", "string", ".status.reportURI", priority=1),
        PrinterColumn("Message", "string", '.status.conditions[?(@.type=="Ready")].message', priority=1),
    ),
    selectable_fields=(".spec.scheduleRef.name", ".spec.baselineRef.name"),
)

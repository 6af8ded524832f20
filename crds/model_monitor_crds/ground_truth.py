"""Where labels come from, and when they are due."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import ColumnName, Duration, Model, Uri
from model_monitor_crds.data import CSVOptions, UnreadableShare
from model_monitor_crds.rules import Checked, matches

MINIMUM_COVERAGE = 0.8
NotNegative = Checked(matches("^([^-].*)?$", message="spec.groundTruth: delay and recheck may not be negative"))


class LabelColumns(Model):
    """The columns of a table of labels."""

    id: ColumnName = "id"
    """Column with the id of the inference: its inferenceId, or its eventId."""
    label: ColumnName = "label"
    """Column with the label."""
    timestamp: ColumnName | None = None
    """Column with the time at which the label was known (RFC 3339). Labels known after the run's own time don't count,
    so that a replay sees what the run saw. Of two labels for one id the one known later wins; without it, the one that
    stands later."""


class GroundTruth(Model):
    """Labels, which come later than the answers that they judge."""

    uri: Uri
    """SageMaker: the folder above yyyy/mm/dd/hh/*.jsonl, the hours (UTC) being those in which labels were collected.
    Other formats: a file, a folder or a glob."""
    format: Literal["SageMaker", "CSV", "JSONLines", "Parquet"] = "SageMaker"
    """How labels are written: SageMaker's ground truth records (JSON Lines), or a table with the columns named in
    `columns`."""
    csv: CSVOptions = Field(default_factory=CSVOptions)
    """How CSV is written; only read when format is CSV."""
    columns: LabelColumns = Field(default_factory=LabelColumns)
    """The columns of a table; not read when format is SageMaker."""
    delay: Annotated[Duration, NotNegative] = "PT0S"
    """How long after the end of a window its labels are due, such as PT24H: a run judges the window that ended so long
    before its own."""
    recheck: Annotated[Duration, NotNegative] | None = None
    """How long after they were due later labels are still looked for, such as PT168H: the scheduled runs 1, 2, 4, 8, …
    intervals later, and the last one within this time, judge the window again."""
    minimum_coverage: Annotated[float, Field(gt=0, le=1)] = MINIMUM_COVERAGE
    """Share of the window's records that need a label before a metric can pass: early labels are no random sample."""
    max_unreadable_share: UnreadableShare = 0.5
    """Share of label records and files (0 to 1) that may be unreadable before a run fails. Fewer are counted and
    shown."""

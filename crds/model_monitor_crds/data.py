"""Where data lies and what its columns mean: the parts that baselines and schedules share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import ColumnName, Model, Uri
from model_monitor_crds.rules import Rule

UnreadableShare = Annotated[float, Field(ge=0, le=1)]


class CSVOptions(Model):
    """How CSV text is written."""

    header: bool = True
    """Whether the first line of each file names the columns. Without names, columns are called 0, 1, 2, …"""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """The character between two cells."""


class Script(Model):
    """A Python script of your own, written for SageMaker Model Monitor."""

    uri: Uri
    """The script: one file of Python."""
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """How long it may take for a request before it is ended; a record preprocessor is given up to 500 records at once.
    """


class Dataset(Model):
    """A table in a store: a file, a folder of files, or a glob."""

    rules = (
        Rule(
            "!has(self.recordPreprocessor) || self.format != 'Parquet'",
            "spec.dataset.recordPreprocessor: Parquet has no lines that a script could be given",
            lambda dataset: dataset.record_preprocessor is None or dataset.format != "Parquet",
        ),
    )
    uri: Uri
    """A file, a folder or a glob: s3://bucket/path, gs://, az://, file:///path (below a mounted volume),
    pvc://claim/path."""
    format: Literal["CSV", "JSONLines", "Parquet"] = "CSV"
    """How the files are written. CSV and JSON Lines may be compressed (.gz)."""
    csv: CSVOptions = Field(default_factory=CSVOptions)
    """How CSV is written; only read when format is CSV."""
    max_unreadable_share: UnreadableShare = 0.5
    """Share of lines and of files (0 to 1) that may be unreadable before a run fails. Fewer are counted and shown."""
    record_preprocessor: Script | None = None
    """A script whose `preprocess_handler(line)` makes a row, several or none of each line of CSV or JSON Lines."""


class Columns(Model):
    """What particular columns mean."""

    timestamp: ColumnName | None = None
    """Column with the time of each row (RFC 3339, or a date). It is not judged; where a batch folder has it, only
    rows inside the window are read."""
    exclude: Annotated[
        list[ColumnName], Field(max_length=1000, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = []
    """Columns that are neither profiled nor judged, such as identifiers."""
    prediction: ColumnName | None = None
    """ModelQuality, ModelBias: column with the model's answer, a label or a number. Where captured data has no names,
    its position in the model's output (`0`) or a JMESPath into it."""
    probability: ColumnName | None = None
    """ModelQuality, ModelBias: column with the probability of the positive label; likewise. With it, `prediction` may
    be left out."""
    probabilities: Annotated[dict[str, ColumnName], Field(max_length=100)] = {}
    """ModelQuality, MulticlassClassification: for each label the column with its probability; likewise."""
    ground_truth: ColumnName | None = None
    """ModelQuality, ModelBias: column with the label, in a Baseline's dataset or where a batch folder already has it.
    For SageMaker's ground truth records with JSON data: the JMESPath of the label in it, where they hold more than one
    value."""
    id: ColumnName | None = None
    """ModelQuality, ModelBias: column of a batch folder with the id that labels name. Default: SageMakerInferenceId, or
    where there are no names the last column but one, as SageMaker's batch transform writes it. Captured data has ids of
    its own."""
    segments: Annotated[list[ColumnName], Field(max_length=8, json_schema_extra={"x-kubernetes-list-type": "set"})] = []
    """Columns by whose values the rows are also judged apart, such as the carrier: the same checks within each of the
    20 most frequent values. The Baseline must name them too."""


class Output(Model):
    """Where results are written."""

    uri: Uri
    """A folder in a store, or below a mounted volume. It is made when it does not exist."""

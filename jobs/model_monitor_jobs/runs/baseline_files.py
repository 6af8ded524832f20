"""The files of a baseline that was made from a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS
from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.storage import Storage

if TYPE_CHECKING:
    from model_monitor_jobs.checks.bias.measured import MeasuredBias
    from model_monitor_jobs.checks.model_quality.reference import Measured
    from model_monitor_jobs.sagemaker.attributions import LabelExplanation

PROFILE: Final = "profile.parquet"
SAMPLE: Final = "sample.parquet"


@dataclass(frozen=True)
class MadeBaseline:
    """A baseline's files, and how its dataset was read; nothing was read where files were adopted."""

    files: BaselineFiles
    table: TableProfile | None = None
    """The profile of its dataset (DataQuality)."""
    report: ReadReport | None = None
    notes: tuple[str, ...] = ()
    measured: Measured | None = None
    """The metrics of its dataset (ModelQuality)."""
    judges: Literal["columns", "metrics", "features"] = "columns"
    """What is judged with it."""
    bias: Mapping[str, Mapping[str, MeasuredBias]] | None = None
    """The metrics of its dataset by facet (ModelBias)."""
    explained: Mapping[str, LabelExplanation] | None = None
    """The attributions of its dataset by label (ModelExplainability)."""

    @property
    def verb(self) -> str:
        """What was done with its rows, in a word."""
        if self.explained:
            return "Explained"
        if self.measured or self.bias:
            return "Measured"
        return "Profiled" if self.table is not None else "Adopted"


@dataclass(frozen=True)
class DatasetBaseline:
    """A dataset that was read, and the baseline's files by name.

    `record_count` are its rows, `column_count` the columns or metrics that are judged.
    """

    report: ReadReport
    content: Mapping[str, bytes]
    record_count: int
    column_count: int
    notes: tuple[str, ...] = ()
    constraints: str = CONSTRAINTS
    """The file that runs compare with."""

    @property
    def digest(self) -> str:
        """Twelve characters that differ where the files do: each baseline gets a folder of its own, so runs that still
        compare with the one before find it whole."""
        joined = b"".join(sha256(self.content[name]).digest() for name in sorted(self.content))
        return sha256(joined).hexdigest()[:12]

    def write(self, folder: str, storage: Storage) -> None:
        """Write all files, the one with constraints last."""
        storage.write_folder(folder, self.content, last=self.constraints)

    def write_below(self, output: str, storage: Storage) -> BaselineFiles:
        """Write the files into a folder of their own, unless they are there: constraints edited since stay."""
        folder = storage.join(output, self.digest)
        if not storage.exists(storage.join(folder, self.constraints)):
            self.write(folder, storage)
        return self.files_in(folder, storage)

    def files_in(self, folder: str, storage: Storage) -> BaselineFiles:
        """The files as they stand in a folder."""
        return BaselineFiles(
            statistics_uri=storage.join(folder, STATISTICS) if STATISTICS in self.content else None,
            constraints_uri=storage.join(folder, self.constraints),
            profile_uri=storage.join(folder, PROFILE),
            sample_uri=storage.join(folder, SAMPLE) if SAMPLE in self.content else None,
            statistics_sha256=sha256(self.content[STATISTICS]).hexdigest() if STATISTICS in self.content else None,
            constraints_sha256=sha256(self.content[self.constraints]).hexdigest(),
            record_count=self.record_count,
            column_count=self.column_count,
        )

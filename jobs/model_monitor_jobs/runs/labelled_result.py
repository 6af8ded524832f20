"""What a run that reads labels found, whatever it measures with them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypedDict

from pydantic.alias_generators import to_camel

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringexecution import Labels
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.finding import Finding, percent
from model_monitor_jobs.runs.reading_document import reading_document
from model_monitor_jobs.runs.result import Result, counted_rows
from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.sources.label_match import Coverage


class Told(Protocol):
    """A metric with its 95 % interval."""

    @property
    def value(self) -> float:
        """NaN where it is undefined."""

    @property
    def low(self) -> float:
        """NaN where there is no interval."""

    @property
    def high(self) -> float:
        """NaN where there is no interval."""


@dataclass(frozen=True)
class LabelledResult(Result):
    """What was measured in a window with the labels known at a time."""

    as_of: datetime = field(kw_only=True)
    coverage: Coverage = field(kw_only=True)
    needed: LabelCoverage = field(kw_only=True)
    """How many records have a usable label and answer, and how many need one for a verdict."""
    label_report: ReadReport | None = field(kw_only=True, default=None)
    compatibility: str = field(kw_only=True, default="Default")
    revisions: tuple[Mapping[str, Any], ...] = field(kw_only=True, default=())
    """What was published of this window before, with fewer labels."""
    labels_digest: str = field(kw_only=True, default="")
    """Tells whether labels have come since (`labels_digest`)."""

    @property
    @abstractmethod
    def told_metrics(self) -> Mapping[str, Told]:
        """Its metrics by the names that earlier results know them by (`runs.history`)."""

    @property
    def labelled(self) -> bool:
        """Whether there are any labels to look for."""
        return True

    @property
    def rows(self) -> int:
        """Records of the window, with labels and without."""
        return self.coverage.records

    @property
    def labelled_text(self) -> str:
        """How many rows have a label, in words."""
        matched, useless = self.coverage.matched, self.coverage.matched - self.needed.labelled
        told = "all" if matched == self.rows else f"{matched:,} of"
        of_no_use = f", {useless:,} of them of no use" if useless > 0 else ""
        return f"{told} {counted_rows(self.rows)} have a label{of_no_use}"

    @property
    def on_labels(self) -> tuple[str, ...]:
        """How labels and records came together, for a person."""
        return tuple(coverage_note(self.coverage, self.needed, judged=self.compatibility == "Default"))

    def details(self) -> dict[str, Any]:
        """How labels and records came together, earlier results on the window."""
        found: dict[str, Any] = {"coverage": plain(asdict(self.coverage)), "revisions": list(self.revisions)}
        if self.labels_digest:
            found["labelsDigest"] = self.labels_digest
        if self.label_report is not None:
            found["labelsReading"] = reading_document(self.label_report)
        return found

    def labels_status(self) -> Labels:
        """Which labels the figures had."""
        return Labels(
            as_of=self.as_of,
            coverage=round(self.needed.share, 6),
            matched=self.coverage.matched,
            unmatched=self.coverage.unmatched,
            orphaned=self.coverage.orphaned,
            relabelled=self.coverage.relabelled,
            revision=len(self.revisions),
        )


class LabelledFields(TypedDict):
    """What every `LabelledResult` is made of, apart from what was measured."""

    window: Window | None
    report: ReadReport
    findings: tuple[Finding, ...]
    reference_files: BaselineFiles
    notes: tuple[str, ...]
    as_of: datetime
    coverage: Coverage
    needed: LabelCoverage
    label_report: ReadReport | None
    compatibility: str
    labels_digest: str


def coverage_note(coverage: Coverage, needed: LabelCoverage, *, judged: bool) -> Iterator[str]:
    """How records and labels came together, for a person; `judged`: too few labels keep the rule from a verdict."""
    if coverage.repeated:
        yield f"{coverage.repeated:,} records have the id of an earlier one; each is joined with the label of that id"
    if coverage.mismatched:
        yield (
            f"{coverage.mismatched:,} labels have another number of records than the events with their ids, and are "
            "left out"
        )
    if coverage.orphaned and not coverage.matched:
        yield (
            f"none of {coverage.labels:,} labels names a record of this window: a label's eventId must be the record's "
            "inferenceId, or its eventId where it has none"
        )
    if coverage.relabelled:
        yield f"{coverage.relabelled:,} labels were replaced by a later one for the same id"
    if coverage.without_id:
        yield f"{coverage.without_id:,} records have no id, so no label can be found for them"
    if judged and not needed.enough:
        yield (
            f"labels cover {percent(needed.share)} of the records: below {percent(needed.least)} "
            "(groundTruth.minimumCoverage) nothing is judged, as labels that come early are no random sample"
        )


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields in camel case, without what is unknown."""
    return {to_camel(name): value for name, value in fields.items() if value is not None}


def finite(value: float) -> float | None:
    """A number as it stands in a status; None for one that JSON has no number for."""
    return round(value, 9) if math.isfinite(value) else None

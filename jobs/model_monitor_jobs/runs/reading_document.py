"""How data was read, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from model_monitor_jobs.sources import ReadReport

MOST_BROKEN_FILES: Final = 1000


def reading_document(report: ReadReport) -> dict[str, Any]:
    """How the data was read, with samples of what could not be."""
    return {
        "files": report.files,
        "records": report.records,
        "unreadable": report.unreadable,
        "reasons": report.reasons,
        "brokenFiles": list(report.broken)[:MOST_BROKEN_FILES],
        "outsideWindow": report.outside_window,
        "samples": [asdict(sample) for sample in report.samples],
    }

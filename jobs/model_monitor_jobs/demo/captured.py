"""Requests, answers and labels as SageMaker captures them: one JSON record a line, in files of an hour each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pandas as pd


def event_id(kind: str, number: int) -> str:
    """The id of a captured event, always the same one."""
    return str(uuid5(NAMESPACE_URL, f"{kind}-{number}"))


def capture_lines(
    events: Iterable[str], requests: Iterable[str], answers: Iterable[str], times: Iterable[datetime]
) -> Iterator[str]:
    """Captured events, each of one request and its answer, both CSV."""
    for event, request, answer, moment in zip(events, requests, answers, times, strict=True):
        yield _line(
            {
                "captureData": {
                    "endpointInput": _captured("INPUT", request),
                    "endpointOutput": _captured("OUTPUT", answer),
                },
                "eventMetadata": {"eventId": event, "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"},
                "eventVersion": "0",
            }
        )


def label_lines(events: Iterable[str], labels: Iterable[int]) -> Iterator[str]:
    """Ground truth records, one label of each event."""
    for event, label in zip(events, labels, strict=True):
        yield _line(
            {
                "groundTruthData": {"data": str(int(label)), "encoding": "CSV"},
                "eventMetadata": {"eventId": event},
                "eventVersion": "0",
            }
        )


def write_hours(folder: Path, times: pd.Series[pd.Timestamp], lines: Iterable[str]) -> None:
    """Each line into a file of its hour in UTC, yyyy/mm/dd/hh/00-00-000.jsonl."""
    written: Sequence[str] = list(lines)
    for hour, places in times.groupby(times.dt.strftime("%Y/%m/%d/%H")).indices.items():
        path = folder / str(hour) / "00-00-000.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(written[place] + "\n" for place in places))


def _captured(mode: str, data: str) -> dict[str, str]:
    return {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}


def _line(record: dict[str, object]) -> str:
    return json.dumps(record, separators=(",", ":"))

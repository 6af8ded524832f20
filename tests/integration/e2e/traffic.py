"""Small made traffic: amounts, ages and countries, with or without drift."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

COUNTRIES = ("de", "fr", "it", "es")


def _row(source: random.Random, *, missing: float = 0.0) -> list[str]:
    amount = "" if source.random() < missing else f"{source.lognormvariate(3, 1):.2f}"
    return [amount, str(source.randint(18, 90)), source.choice(COUNTRIES)]


def write_training(path: Path, rows: int = 3000) -> None:
    """A training set with a header; the model's score comes first."""
    source = random.Random(1)
    lines = ["score,amount,age,country"] + [",".join([f"{source.random():.4f}", *_row(source)]) for _ in range(rows)]
    path.write_text("\n".join(lines) + "\n")


def write_capture(bucket: Path, start: datetime, *, rows: int = 400, missing: float = 0.0, unreadable: int = 0) -> None:
    """Captured requests spread over the hour from `start` on; a share of the amounts is missing."""
    source = random.Random(int(start.timestamp()))
    folder = bucket / "capture" / f"{start:%Y/%m/%d/%H}"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["{broken"] * unreadable
    for number in range(rows):
        moment = start + timedelta(seconds=number * 3600 / rows)
        payload = {"mode": "INPUT", "observedContentType": "text/csv", "encoding": "CSV"}
        event = {
            "captureData": {
                "endpointInput": payload | {"data": ",".join(_row(source, missing=missing))},
                "endpointOutput": payload | {"mode": "OUTPUT", "data": f"{source.random():.4f}"},
            },
            "eventMetadata": {"eventId": f"{start:%H}-{number}", "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"},
            "eventVersion": "0",
        }
        lines.append(json.dumps(event))
    (folder / "00-00.jsonl").write_text("\n".join(lines) + "\n")

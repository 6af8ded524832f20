"""The made shop with a model behind HTTP, whose answers are explained."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_explainability_result import ModelExplainabilityResult
from model_monitor_jobs.runs.monitor import run_monitor
from tests.unit.jobs.models.model_server import Asked, ModelServer, Reply, serve
from tests.unit.jobs.runs.shop import DAY, START, Row, Shop

WEIGHTS = {"x": 2.0, "y": -1.0, "plan": 0.5}
"""Of the model: 2x - y, and a half more for plan b."""


def score(x: float, y: float, plan: str) -> float:
    return WEIGHTS["x"] * x + WEIGHTS["y"] * y + WEIGHTS["plan"] * (plan == "b")


def answer_csv(asked: Asked) -> Reply:
    """A line for each line of x, y and plan."""
    lines = csv.reader(io.StringIO(asked.body.decode()))
    return Reply("".join(f"{score(float(x or 0), float(y or 0), plan)!r}\n" for x, y, plan in lines).encode())


def answer_json(asked: Asked) -> Reply:
    """Two outputs for each record of names and values, the second the first's opposite."""
    records = json.loads(asked.body)["instances"]
    scores = [score(each["x"], each["y"], each["plan"]) for each in records]
    return Reply(json.dumps({"predictions": [{"scores": [each, -each]} for each in scores]}).encode())


@contextmanager
def model(respond: Any = answer_csv) -> Iterator[ModelServer]:
    with serve(respond) as server:
        yield server


@dataclass
class ExplainedShop(Shop):
    """`scale` is what upstream makes of x in captured requests."""

    url: str = ""
    scale: float = 1.0

    def _event(self, row: Row, id: str, moment: datetime) -> dict[str, Any]:
        return super()._event(replace(row, x=(row.x[0] * self.scale, row.x[1])), id, moment)

    def explained(self, **changes: Any) -> dict[str, Any]:
        return {"model": {"url": self.url}, "sampleSize": 300} | changes

    def baseline_spec(self, **changes: Any) -> BaselineSpec:
        """A Baseline of attributions on the training set."""
        own = {
            "monitoringType": "ModelExplainability",
            "modelQuality": None,
            "modelExplainability": self.explained(),
            "columns": {"groundTruth": "bought", "timestamp": "at", "exclude": ["answer", "score"]},
        }
        return super().baseline_spec(**(own | changes))

    def explaining(self, settings: dict[str, Any] | None = None, **changes: Any) -> MonitoringScheduleSpec:
        """A monitor of the captured requests."""
        own = {
            "monitoringType": "ModelExplainability",
            "groundTruth": None,
            "modelExplainability": settings or {},
            "columns": self.baseline_spec().columns.to_dict(),
        }
        return self.monitor(None, **(own | changes))

    def explain(
        self, files: Any, day: int, monitor: MonitoringScheduleSpec | None = None, folder: str | None = None
    ) -> ModelExplainabilityResult:
        """Judge a day."""
        start = START + day * DAY
        window = Window(start, start + DAY)
        found = run_monitor(
            monitor or self.explaining(), files, window, self.storage, LabelsAsOf(start + 2 * DAY), folder
        )
        assert isinstance(found, ModelExplainabilityResult)
        return found

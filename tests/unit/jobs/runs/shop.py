"""A made shop whose model answers, and whose labels come later: data for runs of model quality."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.model_quality import ProblemType
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_quality import run_model_quality
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult
from model_monitor_jobs.storage import Storage

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CLASSES = ("bus", "car", "train")
Payload = Literal["CSV", "JSON", "instances"]


@dataclass(frozen=True)
class Row:
    """One answer and its label."""

    x: tuple[float, float]
    plan: str
    prediction: str
    probability: float | None
    label: str


def rows(problem: ProblemType, count: int, seed: int, *, wrong: float = 0.0) -> list[Row]:
    """Rows of a model that is as good as it can be; `wrong` is the share of labels that are drawn anew."""
    source = np.random.RandomState(seed)
    x = source.normal(size=(count, 2))
    drawn = source.random_sample(count) < wrong
    made = []
    for (a, b), anew, luck, plan in zip(
        x, drawn, source.random_sample((count, 2)), source.choice(["a", "b"], count), strict=True
    ):
        if problem == "BinaryClassification":
            chance = 1 / (1 + np.exp(-2 * a + b))
            label = int(luck[0] < (0.5 if anew else chance))
            made.append(Row((a, b), plan, str(int(chance > 0.5)), round(float(chance), 4), str(label)))
        elif problem == "MulticlassClassification":
            best = CLASSES[int(np.argmax([a, b, 0.0]))]
            label_ = CLASSES[int(luck[1] * 3)] if anew or luck[0] < 0.2 else best
            made.append(Row((a, b), plan, best, None, label_))
        else:
            answer = 10 + 3 * a - b
            noise = (luck[0] - 0.5) * (12 if anew else 4)
            made.append(Row((a, b), plan, f"{answer:.3f}", None, f"{answer + noise:.3f}"))
    return made


@dataclass
class Shop:
    """Folders below `root`: training.csv, capture, labels."""

    root: Path
    problem: ProblemType = "BinaryClassification"
    payload: Payload = "CSV"
    _next: int = 0
    known: dict[str, str] = field(default_factory=dict)
    """Labels by the id that names them."""

    @property
    def storage(self) -> Storage:
        """Reaches the folders as pvc://shop."""
        return Storage({"pvc://shop": self.root})

    @property
    def answer(self) -> dict[str, str]:
        """The columns of the training set with the model's answer."""
        return {"probability": "score"} if self.problem == "BinaryClassification" else {"prediction": "answer"}

    def write_training(
        self, days: int = 14, a_day: int = 500, label: Callable[[Row], str] = lambda row: row.label
    ) -> None:
        """A dataset with labels, spread over days."""
        with (self.root / "training.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["answer", "score", "bought", "x", "y", "plan", "at"])
            for day in range(days):
                for place, row in enumerate(rows(self.problem, a_day, 1000 + day)):
                    moment = START + day * DAY + place * DAY / a_day
                    score = "" if row.probability is None else row.probability
                    inputs = [f"{value:.3f}" for value in row.x]
                    writer.writerow([row.prediction, score, label(row), *inputs, row.plan, moment.isoformat()])

    def write_day(
        self,
        day: int,
        count: int = 600,
        *,
        wrong: float = 0.0,
        late: timedelta = timedelta(hours=20),
        labelled: float = 1.0,
        label: Callable[[Row], str] = lambda row: row.label,
    ) -> None:
        """Captured requests of a day, see `write_span`."""
        self.write_span(START + day * DAY, DAY, count, seed=day, wrong=wrong, late=late, labelled=labelled, label=label)

    def write_span(
        self,
        start: datetime,
        length: timedelta,
        count: int,
        *,
        seed: int = 1,
        wrong: float = 0.0,
        late: timedelta,
        labelled: float = 1.0,
        label: Callable[[Row], str] = lambda row: row.label,
    ) -> None:
        """Captured requests of a time, and labels that are known `late` after them; a share of rows has one."""
        for place, row in enumerate(rows(self.problem, count, seed, wrong=wrong)):
            moment = start + place * length / count
            self._next += 1
            id = f"order-{self._next}"
            self._append("capture", moment, self._event(row, id, moment))
            if place < labelled * count:
                self.write_label(id, label(row), moment + late)

    def write_label(self, id: str, label: str, moment: datetime) -> None:
        """One ground truth record."""
        self.known[id] = label
        data = {"data": label, "encoding": "CSV"}
        self._append("labels", moment, {"groundTruthData": data, "eventMetadata": {"eventId": id}, "eventVersion": "0"})

    def _append(self, folder: str, moment: datetime, record: dict[str, Any]) -> None:
        path = self.root / folder / f"{moment:%Y/%m/%d/%H}" / "part.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def _event(self, row: Row, id: str, moment: datetime) -> dict[str, Any]:
        answer = row.prediction if row.probability is None else str(row.probability)
        if self.payload == "CSV":
            sides = ",".join([*(f"{value:.3f}" for value in row.x), row.plan]), answer
        else:
            value: Any = float(answer) if self.problem != "MulticlassClassification" else answer
            inputs: Any = {"x": row.x[0], "y": row.x[1], "plan": row.plan}
            output: Any = {"result": {"value": value}}
            if self.payload == "instances":
                inputs, output = {"instances": [inputs]}, {"predictions": [output]}
            sides = json.dumps(inputs), json.dumps(output)
        encoding = "CSV" if self.payload == "CSV" else "JSON"
        kind = "text/csv" if self.payload == "CSV" else "application/json"
        return {
            "captureData": {
                name: {"observedContentType": kind, "mode": mode, "data": data, "encoding": encoding}
                for (name, mode), data in zip(
                    (("endpointInput", "INPUT"), ("endpointOutput", "OUTPUT")), sides, strict=True
                )
            },
            "eventMetadata": {
                "eventId": f"event-{id}",
                "inferenceId": id,
                "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            },
            "eventVersion": "0",
        }

    def baseline_spec(self, **changes: Any) -> BaselineSpec:
        """A Baseline on the training set."""
        columns = {"groundTruth": "bought", "timestamp": "at", **self.answer}
        left_out = {"answer", "score"} - set(self.answer.values())
        return BaselineSpec.model_validate(
            {
                "monitoringType": "ModelQuality",
                "modelQuality": {"problemType": self.problem},
                "dataset": {"uri": "pvc://shop/training.csv"},
                "columns": columns | {"exclude": sorted(left_out)},
                "windows": ["P1D"],
                "output": {"uri": "pvc://shop/baseline"},
            }
            | changes
        )

    def baseline(self, **changes: Any) -> BaselineFiles:
        """Make the baseline."""
        return make_baseline(self.baseline_spec(**changes), self.storage).files

    def monitor(self, truth: dict[str, Any] | None = None, **changes: Any) -> MonitoringScheduleSpec:
        """A monitor of the captured requests, every midnight."""
        columns = self.baseline_spec().columns.to_dict()
        return MonitoringScheduleSpec.model_validate(
            {
                "monitoringType": "ModelQuality",
                "schedule": "@daily",
                "baselineRef": {"name": "shop"},
                "input": {"endpoint": {"captureURI": "pvc://shop/capture"}},
                "groundTruth": {"uri": "pvc://shop/labels"} | (truth or {}),
                "columns": columns,
                "output": {"uri": "pvc://shop/reports"},
            }
            | changes
        )

    def judge(
        self,
        files: BaselineFiles,
        day: int,
        *,
        as_of: timedelta = 2 * DAY,
        monitor: MonitoringScheduleSpec | None = None,
        estimate: bool = False,
    ) -> ModelQualityResult:
        """Judge a day with the labels known `as_of` after its beginning."""
        start = START + day * DAY
        known = LabelsAsOf(start + as_of, estimate=estimate)
        return run_model_quality(monitor or self.monitor(), files, Window(start, start + DAY), known, self.storage)

"""The world that the examples speak of: a lender's validation set, captured decisions, labels, and its model."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.unit.jobs.models.model_server import Asked, Reply

START = datetime(2026, 2, 1, tzinfo=UTC)
DAYS = 21
TODAY = START + DAYS * timedelta(days=1)
"""The day that is captured."""
TOKEN = "a-token"
_COLUMNS = ["customer_id", "score", "predicted", "sex", "age", "region", "income"]


@dataclass(frozen=True)
class Decision:
    """One application: what was known, what was answered, and whether it was paid back."""

    customer: str
    sex: str
    age: int
    region: str
    income: float
    score: float
    defaulted: int

    @property
    def predicted(self) -> int:
        return int(self.score > 0.5)

    @property
    def features(self) -> dict[str, object]:
        return {"sex": self.sex, "age": self.age, "region": self.region, "income": self.income}

    @property
    def row(self) -> list[object]:
        return [self.customer, self.score, self.predicted, *self.features.values()]


def score_of(sex: str, age: float, region: str, income: float) -> float:
    """The model: the probability that an applicant does not pay back."""
    return min(0.99, max(0.01, 0.9 - income / 60 + (age - 45) / 400 + (0.1 if region == "north" else 0.0)))


def decisions(count: int, seed: int, scale: float = 1.0) -> list[Decision]:
    """Applications; `scale` is what upstream makes of incomes."""
    source = random.Random(seed)
    made = []
    for number in range(count):
        sex, age = source.choice("FM"), source.randint(20, 75)
        region, income = source.choice(["north", "south"]), round(source.uniform(10, 50), 1)
        truth = score_of(sex, age, region, income)
        income = round(income * scale, 1)
        score = round(score_of(sex, age, region, income), 4)
        defaulted = int(source.random() < truth)
        made.append(Decision(f"c{seed}-{number}", sex, age, region, income, score, defaulted))
    return made


@dataclass
class Credit:
    """Files below a bucket's folder, as the examples name them."""

    root: Path
    asked: list[str] = field(default_factory=list)

    def write(self, scale: float = 1.0) -> None:
        """The validation set of three weeks, one captured day, and its labels a day later."""
        (self.root / "credit").mkdir(parents=True, exist_ok=True)
        known = [(place, day, each) for day in range(DAYS) for place, each in enumerate(decisions(200, day))]
        with (self.root / "credit/training.csv").open("w", newline="") as training:
            csv.writer(training).writerows([_COLUMNS, *(each.row for _, _, each in known)])
        with (self.root / "credit/validation.csv").open("w", newline="") as validation:
            writer = csv.writer(validation)
            writer.writerow([*_COLUMNS, "defaulted", "decided_at"])
            for place, day, each in known:
                moment = START + timedelta(days=day, minutes=7 * place)
                writer.writerow([*each.row, each.defaulted, moment.isoformat()])
        for place, each in enumerate(decisions(700, 100, scale)):
            moment = TODAY + timedelta(minutes=2 * place)
            self._append("capture/credit-scoring", moment, _event(each, moment))
            truth: dict[str, object] = {
                "groundTruthData": {"data": str(each.defaulted), "encoding": "CSV"},
                "eventMetadata": {"eventId": each.customer},
                "eventVersion": "0",
            }
            self._append("labels/credit", moment + timedelta(hours=20), truth)

    def _append(self, folder: str, moment: datetime, record: dict[str, object]) -> None:
        path = self.root / folder / f"{moment:%Y/%m/%d/%H}" / "part.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def answer(self, asked: Asked) -> Reply:
        """The model as KServe's first protocol has it, for those who know the token."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(b"who are you?", 401)
        records = json.loads(asked.body)["instances"]
        return Reply(json.dumps({"predictions": [score_of(*record) for record in records]}).encode())


def _event(each: Decision, moment: datetime) -> dict[str, object]:
    sides: dict[str, tuple[str, dict[str, object]]] = {
        "endpointInput": ("INPUT", {**each.features, "customer_id": each.customer}),
        "endpointOutput": ("OUTPUT", dict[str, object](score=each.score, predicted=each.predicted)),
    }
    data = {
        name: {
            "observedContentType": "application/json",
            "mode": mode,
            "data": json.dumps(payload),
            "encoding": "JSON",
        }
        for name, (mode, payload) in sides.items()
    }
    return {
        "captureData": data,
        "eventMetadata": {"eventId": each.customer, "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"},
        "eventVersion": "0",
    }

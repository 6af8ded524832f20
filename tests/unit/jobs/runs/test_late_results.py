"""Windows that are judged again as labels come: what is published, what stays, and what alerts make of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model_monitor_crds import MonitoringSchedule
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.window import Window
from model_monitor_jobs.execution.local import LocalRun, occasions, replay
from tests.unit.jobs.runs.shop import DAY, START, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write_training()
    return made


def replayed(shop: Shop, first: int, last: int, truth: dict[str, Any], **changes: Any) -> list[LocalRun]:
    """Replay the runs whose windows lie in some days, each with the labels that were known at its time."""
    files: BaselineFiles = shop.baseline()
    spec = shop.monitor(truth, modelQuality={"estimate": False} | changes.pop("modelQuality", {}), **changes)
    schedule = MonitoringSchedule.model_validate({"metadata": {"name": "shop"}, "spec": spec.to_dict()})
    span = Window(START + first * DAY, START + last * DAY)
    runs = occasions("shop", spec, span.end, span)
    return list(replay(schedule, spec, files, runs, shop.storage, lambda: datetime.now(START.tzinfo)))


def document(shop: Shop, day: int) -> dict[str, Any]:
    """execution.json of the run at the beginning of a day."""
    path = shop.root / "reports/shop" / f"{START + day * DAY:%Y/%m/%d/%H}" / "execution.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def told(run: LocalRun) -> str:
    assert run.performed is not None, run.error
    return run.performed.result.summary


def test_a_window_is_judged_when_its_labels_are_due_and_again_when_more_have_come(shop: Shop) -> None:
    # Eight labels of ten come within the day, the others two days later.
    for day in range(20, 24):
        shop.write_day(day, 600, labelled=0.0)
    for place, id in enumerate(f"order-{number}" for number in range(1, 2401)):
        moment = START + (20 + place // 600) * DAY + timedelta(hours=3 if place % 600 < 490 else 70)
        shop.write_label(id, "1" if place % 3 else "0", moment)
    runs = replayed(shop, 20, 24, {"delay": "PT24H", "recheck": "P3D"})
    own = [run for run in runs if not run.again]
    assert [run.occasion.window.start for run in own] == [START + day * DAY for day in range(20, 24)]
    assert [(run.occasion.scheduled_time or START) - run.occasion.window.end for run in own] == [DAY] * 4
    again = [run for run in runs if run.again]
    assert {run.occasion.window.start for run in again} <= {START + day * DAY for day in range(20, 23)}
    first = next(run for run in again if run.occasion.window.start == START + 20 * DAY)
    assert "labels cover 100.0 % now" in first.again
    assert first.occasion.scheduled_time == START + 22 * DAY
    written = document(shop, 22)
    assert written["status"]["labels"]["coverage"] == 1
    assert written["status"]["labels"]["revision"] == 1
    assert [round(revision["coverage"], 2) for revision in written["revisions"]] == [0.82]
    assert written["revisions"][0]["metrics"][0]["metric"] == "auc"
    assert written["metadata"]["name"].startswith("shop-r")


def test_a_changed_verdict_is_published_and_counts_once(shop: Shop) -> None:
    for day in range(20, 23):
        shop.write_day(day, 600, late=timedelta(hours=1))
    wrong = {id: "1" if label == "0" else "0" for id, label in list(shop.known.items())[:600]}
    for id, label in wrong.items():
        shop.write_label(id, label, START + 21 * DAY + timedelta(hours=12))
    runs = replayed(shop, 20, 23, {"recheck": "P2D"}, alert={"datapointsToAlert": 1, "evaluationPeriods": 3})
    assert told(runs[0]).startswith("No violation")
    (again,) = [run for run in runs if run.again]
    assert again.occasion.window.start == START + 20 * DAY
    assert "is Violation now" in again.again
    assert told(again).startswith("1 violation")
    assert [alert.violations for alert in again.alerts] == [1]
    # The window counts once, by its latest result, and is the first of three.
    assert [alert.violations for alert in runs[-1].alerts] == [1]
    assert document(shop, 21)["revisions"][0]["violated"] == []


def test_nothing_new_is_not_published(shop: Shop) -> None:
    for day in range(20, 23):
        shop.write_day(day, 600, late=timedelta(hours=1))
    shop.write_label("order-1", shop.known["order-1"], START + 22 * DAY)
    runs = replayed(shop, 20, 23, {"recheck": "P2D"})
    assert [run for run in runs if run.again] == []
    assert document(shop, 21)["status"]["labels"]["revision"] == 0


def test_without_recheck_a_window_is_judged_once(shop: Shop) -> None:
    shop.write_day(20, 600, late=timedelta(hours=1))
    shop.write_day(21, 600, late=timedelta(hours=1))
    for id, label in list(shop.known.items())[:600]:
        shop.write_label(id, "1" if label == "0" else "0", START + 22 * DAY)
    assert [run.again for run in replayed(shop, 20, 22, {})] == ["", ""]


def test_a_window_whose_data_is_gone_is_left_alone(shop: Shop) -> None:
    for day in (20, 21):
        shop.write_day(day, 600, late=timedelta(hours=1))
    replayed(shop, 20, 21, {"recheck": "P2D"})
    before = document(shop, 21)
    for path in (shop.root / "capture" / f"{START + 20 * DAY:%Y/%m/%d}").rglob("*.jsonl"):
        path.unlink()
    runs = replayed(shop, 21, 22, {"recheck": "P2D"})
    assert [run.error for run in runs] == [None]
    assert document(shop, 21) == before


def test_the_estimate_comes_before_the_labels_and_stays_beside_them(shop: Shop) -> None:
    for day in range(20, 23):
        shop.write_day(day, 600, late=timedelta(hours=20))
    runs = replayed(shop, 20, 22, {"delay": "PT24H"}, modelQuality={"estimate": True})
    ahead, later = document(shop, 22), document(shop, 23)
    outlook = ahead["outlook"]
    assert outlook["window"]["start"] == f"{START + 21 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    estimated = {entry["metric"]: entry for entry in outlook["metrics"]}["auc"]
    measured = later["status"]["metrics"][0]
    assert measured["metric"] == "auc"
    assert estimated["estimateLow"] < measured["value"] < estimated["estimateHigh"]
    # The same records give the same estimate, with labels or without.
    assert measured["estimate"] == estimated["estimate"]
    assert {trial["metric"]: trial["windows"] for trial in later["estimates"]["backtests"]}["auc"] == 2
    assert told(runs[-1]).startswith("No violation")

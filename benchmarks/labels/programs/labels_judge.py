"""Captured records with their labels, judged: the arguments are the traffic's URI, the labels' URI, the window's start
and end, and the time as of which labels are read.

The traffic's answers are any numbers, so they are judged as a regression's.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.profiles.programs.work import work
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.monitor import run_monitor
from model_monitor_jobs.storage import Storage

COLUMNS = {"prediction": "0", "groundTruth": "label"}


def main(traffic: str, labels: str, start: str, end: str, as_of: str) -> None:
    """Judge once and print what it took, the making of the baseline left out."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        storage, window = Storage({}), Window(parse_time(start), parse_time(end))
        files = _baseline(Path(folder), storage)
        monitor = MonitoringScheduleSpec.model_validate(
            {
                "monitoringType": "ModelQuality",
                "schedule": "@daily",
                "baselineRef": {"name": "b"},
                "input": {"endpoint": {"captureURI": traffic}},
                "groundTruth": {"uri": labels},
                "columns": COLUMNS,
                "modelQuality": {"estimate": False},
                "output": {"uri": f"file://{folder}/out"},
            }
        )
        with work() as details:
            result = run_monitor(monitor, files, window, storage, LabelsAsOf(parse_time(as_of)))
            details["rows"] = result.rows
            details["summary"] = result.summary


def _baseline(folder: Path, storage: Storage) -> BaselineFiles:
    source = np.random.RandomState(1)
    rows = np.stack([source.normal(size=20_000), source.randint(0, 2, 20_000)], axis=1)
    with (folder / "training.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["0", "label"])
        writer.writerows(rows.round(4).tolist())
    spec = {
        "monitoringType": "ModelQuality",
        "modelQuality": {"problemType": "Regression"},
        "dataset": {"uri": f"file://{folder}/training.csv"},
        "columns": COLUMNS,
        "output": {"uri": f"file://{folder}/baseline"},
    }
    return make_baseline(BaselineSpec.model_validate(spec), storage).files


if __name__ == "__main__":
    main(*sys.argv[1:])

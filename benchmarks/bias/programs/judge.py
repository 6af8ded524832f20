"""A run of the bias monitor: the arguments are the decisions as Parquet, and `texts` or `numbers`, what facets are."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.bias.decisions import FACETS, GROUP
from benchmarks.profiles.programs.work import work
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
from model_monitor_jobs.runs.monitor import run_monitor
from model_monitor_jobs.storage import Storage

COLUMNS = {"prediction": "approved", "groundTruth": "repaid"}
BASELINE_ROWS = 20_000
_START = datetime(2026, 1, 1, tzinfo=UTC)


def main(decisions: str, kind: str) -> None:
    """Judge once and print what it took, the making of the baseline left out."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        storage, files = Storage({}), _baseline(decisions, kind, Path(folder))
        monitor = MonitoringScheduleSpec.model_validate(
            {
                "monitoringType": "ModelBias",
                "schedule": "@daily",
                "baselineRef": {"name": "b"},
                "input": {"batch": {"dataURI": f"file://{decisions}", "format": "Parquet"}},
                "columns": COLUMNS,
                "output": {"uri": f"file://{folder}/out"},
            }
        )
        window = Window(_START, _START + timedelta(days=1))
        with work() as details:
            result = run_monitor(monitor, files, window, storage, LabelsAsOf(window.end))
            assert isinstance(result, ModelBiasResult)
            measured = [metric for facet in result.measured for metric in facet.values()]
            flips = [facet["FT"] for facet in result.measured if "FT" in facet]
            details["rows"] = result.rows
            details["metrics"] = sum(metric.defined for metric in measured)
            details["intervals"] = sum(bool(metric.method) for metric in measured)
            details["flips"] = "; ".join(flip.reason for flip in flips)


def _baseline(decisions: str, kind: str, folder: Path) -> BaselineFiles:
    first = pq.ParquetFile(decisions).iter_batches(BASELINE_ROWS)
    pq.write_table(pq.ParquetFile(decisions).read_row_group(0).slice(0, next(first).num_rows), folder / "b.parquet")
    bias = {"positiveLabels": ["1"], "facets": list(FACETS[kind]), "group": GROUP}
    spec = {
        "monitoringType": "ModelBias",
        "modelBias": bias,
        "dataset": {"uri": f"file://{folder}/b.parquet", "format": "Parquet"},
        "columns": COLUMNS,
        "output": {"uri": f"file://{folder}/baseline"},
    }
    return make_baseline(BaselineSpec.model_validate(spec), Storage({})).files


if __name__ == "__main__":
    main(*sys.argv[1:])

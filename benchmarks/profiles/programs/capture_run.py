"""One run of a monitor on captured traffic, as its pod makes it, up to the report: the arguments are the traffic's URI,
the baseline's folder, the folder of results, and the window's start and end.

All that the pod's entry point imports is imported, too. Only the answer to the cluster is left out.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import model_monitor_jobs.container  # noqa: F401
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import Occasion
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.execution.perform import MonitorRun, perform_monitor, started_status
from model_monitor_jobs.storage import Storage


def main(traffic: str, baseline: str, output: str, start: str, end: str) -> None:
    """Judge the window and say where the report is."""
    monitor = MonitoringScheduleSpec.model_validate(
        {
            "schedule": "0 * * * *",
            "baselineRef": {"name": "measured"},
            "input": {"endpoint": {"captureURI": traffic}},
            "output": {"uri": output},
        }
    )
    files = BaselineFiles.model_validate(json.loads(Path(baseline, "files.json").read_text()))
    window = Window(parse_time(start), parse_time(end))
    due = Occasion(window.end, window)

    def clock() -> datetime:
        return datetime.now(UTC)

    started = started_status(clock(), None, due)
    performed = perform_monitor(MonitorRun(monitor, "measured", files, due, "measured-0"), started, Storage({}), clock)
    print(performed.folder, performed.result.report.records)


if __name__ == "__main__":
    main(*sys.argv[1:])

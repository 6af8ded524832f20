"""Captured records with their labels: the arguments are the traffic's URI, the labels' URI, the window's start and end,
and the time as of which labels are read.
"""

from __future__ import annotations

import sys
from dataclasses import asdict

from benchmarks.profiles.programs.work import work
from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.label_join import join_labels
from model_monitor_jobs.sources.labels import read_labels
from model_monitor_jobs.sources.selection import Selection
from model_monitor_jobs.storage import Storage


def main(traffic: str, labels: str, start: str, end: str, as_of: str) -> None:
    """Join once and print what it took."""
    storage, window = Storage({}), Window(parse_time(start), parse_time(end))
    # An answer, and a value that rows may be judged apart by.
    selection = Selection(ids=True, outputs={"prediction": "0"}, columns=frozenset({"19"}))
    with work() as details:
        records = read_capture(storage, traffic, window, selection=selection)
        known = read_labels(storage, GroundTruth(uri=labels), None, window, parse_time(as_of))
        joined = join_labels(records, known)
        details["rows"] = sum(batch.num_rows for batch in joined)
        details.update(asdict(joined.counts))


if __name__ == "__main__":
    main(*sys.argv[1:])

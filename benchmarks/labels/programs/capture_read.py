"""Reading of captured traffic alone: the arguments are the traffic's URI, the window's start and end, and whether the
records' ids are read, too (`plain` or `ids`).
"""

from __future__ import annotations

import sys

from benchmarks.profiles.programs.work import work
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.selection import Selection
from model_monitor_jobs.storage import Storage


def main(traffic: str, start: str, end: str, how: str) -> None:
    """Read once and print what it took."""
    window = Window(parse_time(start), parse_time(end))
    stream = read_capture(Storage({}), traffic, window, selection=Selection(ids=how == "ids"))
    with work() as details:
        details["rows"] = sum(batch.num_rows for batch in stream)


if __name__ == "__main__":
    main(*sys.argv[1:])

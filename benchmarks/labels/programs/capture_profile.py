"""The profile of captured traffic: the arguments are the traffic's URI, and the window's start and end."""

from __future__ import annotations

import sys

from benchmarks.profiles.programs.work import work
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.engines import profile_stream
from model_monitor_jobs.profiles.table import ProfileRequest
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.storage import Storage


def main(traffic: str, start: str, end: str) -> None:
    """Profile once and print what it took."""
    stream = read_capture(Storage({}), traffic, Window(parse_time(start), parse_time(end)))
    with work() as details:
        details["rows"] = profile_stream(stream, ProfileRequest()).rows


if __name__ == "__main__":
    main(*sys.argv[1:])

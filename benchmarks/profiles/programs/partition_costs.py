"""What each part of a dataset costs one worker, and what merging their states costs: the arguments are format and URI.

The parts are profiled one after the other by one thread, so that their costs do not disturb each other; from these
follows what so many workers would take.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Literal, cast

import pyarrow as pa

from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, merge_profiles, profile
from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.sources.dataset import read_dataset
from model_monitor_jobs.storage import Storage


def main(format: Literal["CSV", "JSONLines", "Parquet"], uri: str) -> None:
    """Print the costs as one line of JSON."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    begun_wall, begun = time.perf_counter(), time.process_time()
    stream = read_dataset(Storage({}), uri, format)
    states, seconds = [], []
    listing = time.process_time() - begun
    for part in stream.partitions:
        before = time.process_time()
        states.append(profile(part.read(ReadReport()), ProfileRequest(), ordinal=part.ordinal).to_bytes())
        seconds.append(time.process_time() - before)
    before = time.process_time()
    merged = merge_profiles(map(TableProfile.from_bytes, states))
    merging = time.process_time() - before
    costs = {
        "work_wall_seconds": time.perf_counter() - begun_wall,
        "work_cpu_seconds": time.process_time() - begun,
        "listing_seconds": listing,
        "part_seconds": seconds,
        "merge_seconds": merging,
        "state_bytes": max(map(len, states)),
        "rows": merged.rows,
    }
    print(json.dumps(costs))


if __name__ == "__main__":
    main(cast(Literal["CSV", "JSONLines", "Parquet"], sys.argv[1]), sys.argv[2])

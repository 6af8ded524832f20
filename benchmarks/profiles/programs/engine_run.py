"""The profile of a dataset by one engine: the arguments are Local or Dask, format, and URI.

For Dask it starts a cluster on this machine with one worker process a core. The digest of the profile is told, so that
engines can be compared.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from contextlib import ExitStack
from typing import Literal, cast

from benchmarks.profiles.programs.work import work
from model_monitor_jobs.engines import profile_stream
from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile
from model_monitor_jobs.sources import RecordStream
from model_monitor_jobs.sources.dataset import DatasetFormat, read_dataset
from model_monitor_jobs.storage import Storage


def main(engine: Literal["Local", "Dask"], format: DatasetFormat, uri: str) -> None:
    """Profile once and print what it took."""
    stream = read_dataset(Storage({}), uri, format)
    if engine == "Local":
        with work() as details:
            details["digest"] = _digest(profile_stream(stream, ProfileRequest()))
        return
    _on_dask(stream)


def _on_dask(stream: RecordStream) -> None:
    from distributed import Client, LocalCluster

    from model_monitor_jobs.engines import dask_cluster

    workers = len(os.sched_getaffinity(0))
    with ExitStack() as stack:
        begun = time.perf_counter()
        made = LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        )
        cluster = stack.enter_context(made)
        # Workers import what they need when the first task comes; a cluster that stands has done that.
        with Client(cluster) as client:  # type: ignore[no-untyped-call]
            client.run(_imported)
        started = time.perf_counter() - begun
        with work() as details:
            result = dask_cluster.profile_stream(stream, ProfileRequest(), address=cluster.scheduler_address)
            details.update(digest=_digest(result), start_seconds=started, workers=workers)


def _imported() -> str:
    import model_monitor_jobs.sources.dataset

    return model_monitor_jobs.sources.dataset.__name__


def _digest(table: TableProfile) -> str:
    return hashlib.sha256(table.to_bytes()).hexdigest()


if __name__ == "__main__":
    main(cast(Literal["Local", "Dask"], sys.argv[1]), cast(DatasetFormat, sys.argv[2]), sys.argv[3])

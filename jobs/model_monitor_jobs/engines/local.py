"""Threads of this process, one partition each: sorting and Arrow's kernels leave the interpreter to the others."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import chain, islice
from typing import Final, TypeVar

import pyarrow as pa

from model_monitor_jobs.engines.processors import available_processors
from model_monitor_jobs.profiles.table import DEFAULT_REQUEST, ProfileRequest, TableProfile, merge_profiles, profile
from model_monitor_jobs.sources import Partition, ReadReport, RecordStream

_WAITING: Final = 2

_Result = TypeVar("_Result")
Work = Callable[[int, Iterable[pa.RecordBatch]], _Result]
"""What is made of a partition: of its ordinal and its batches."""


def profile_stream(
    stream: RecordStream, request: ProfileRequest = DEFAULT_REQUEST, workers: int | None = None
) -> TableProfile:
    """Profile all partitions of a stream, and fill its report.

    The result is the same to the byte for any number of workers (by default the processors that this process may
    use, and two more where the data come from an object store). Raises what reading raises, as soon as one partition
    does.
    """

    def work(ordinal: int, batches: Iterable[pa.RecordBatch]) -> TableProfile:
        return profile(batches, request, ordinal=ordinal)

    return merge_profiles(fold_partitions(stream, work, workers))


def fold_partitions(stream: RecordStream, work: Work[_Result], workers: int | None = None) -> Iterator[_Result]:
    """What `work` makes of each partition, in their order; fills the stream's report after the last one.

    `work` is called in threads and may keep nothing between partitions. No more than `workers` + 1 results wait.
    """
    report = ReadReport()
    partitions = stream.partitions
    computing = workers or available_processors()
    # While some threads wait for an object store, others keep the processors busy.
    waiting = _WAITING if stream.remote and workers is None else 0
    if min(computing + waiting, len(partitions)) > 1:
        results = _in_threads(partitions, work, computing, waiting)
    else:
        results = _in_turn(partitions, work)
    for result, part in results:
        report.merge(part)
        yield result
    stream.finish(report)


def _in_turn(partitions: Sequence[Partition], work: Work[_Result]) -> Iterator[tuple[_Result, ReadReport]]:
    for partition in partitions:
        report = ReadReport()
        yield work(partition.ordinal, partition.read(report)), report


def _in_threads(
    partitions: Sequence[Partition], work: Work[_Result], computing: int, waiting: int
) -> Iterator[tuple[_Result, ReadReport]]:
    stopped = threading.Event()
    processors = threading.Semaphore(computing)
    workers = computing + waiting

    def run(partition: Partition) -> tuple[_Result, ReadReport]:
        report = ReadReport()
        batches = _until(stopped, partition.read(report))
        # What is to be fetched is fetched for the first batch; more threads than processors would hinder each other.
        first = list(islice(batches, 1))
        with processors:
            return work(partition.ordinal, chain(first, batches)), report

    following = iter(partitions)
    running: deque[Future[tuple[_Result, ReadReport]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="partition")
    try:
        while True:
            for partition in following:
                running.append(pool.submit(run, partition))
                if len(running) > workers:
                    break
            if not running:
                return
            _wait_for_first(running)
            yield running.popleft().result()
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _wait_for_first(running: deque[Future[_Result]]) -> None:
    """Wait until the first is done; raise at once what any other raises meanwhile."""
    while True:
        for future in running:
            if future.done():
                future.result()
        if running[0].done():
            return
        wait([future for future in running if not future.done()], return_when=FIRST_COMPLETED)


class _Stopped(Exception):  # noqa: N818 - ends a thread whose result nobody wants any more
    pass


def _until(stopped: threading.Event, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if stopped.is_set():
            raise _Stopped
        yield batch

"""The workers of a Dask cluster, one partition a task: the same kernel and the same bytes as in this process.

Only plain tasks are used; merging goes along the tree of `merge_profiles`, on the workers, so that no more than one
profile comes back. A worker that is lost costs the partitions it held, which others read again.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from model_monitor_jobs.engines.local import Work
from model_monitor_jobs.errors import ConfigurationError, EngineUnavailable, InputError
from model_monitor_jobs.profiles.table import DEFAULT_REQUEST, ProfileRequest, TableProfile, profile
from model_monitor_jobs.sources import Partition, ReadReport, RecordStream
from model_monitor_jobs.sources.partitions import PieceGroup

CONNECT_SECONDS: Final = 20.0
WORKER_SECONDS: Final = 60.0
LOST_SECONDS: Final = 120.0
"""How long a run waits for a worker after it has lost all of them."""
_POLL_SECONDS: Final = 5.0
_TLS_SETTINGS: Final = ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
_DISTRIBUTIONS: Final = ("model-monitor-operator", "numpy", "pyarrow")

_Result = TypeVar("_Result")
_Part = tuple[bytes, ReadReport]


def profile_stream(
    stream: RecordStream,
    request: ProfileRequest = DEFAULT_REQUEST,
    *,
    address: str,
    worker_seconds: float = WORKER_SECONDS,
) -> TableProfile:
    """Profile all partitions of a stream on the cluster whose scheduler has this address, and fill its report.

    The workers read the data themselves: they need this package in the same version, access to the object store,
    and the same folders where the data are in folders. Raises EngineUnavailable when the cluster does not answer or
    has no worker within `worker_seconds`, or none for two minutes later on; ConfigurationError for workers of another
    version, or a tls:// address without certificates; and what reading raises.
    """
    partitions = stream.partitions
    if not partitions:
        stream.finish(ReadReport())
        return TableProfile()
    with _cluster(address, worker_seconds) as client:
        futures = [client.submit(_profile, partition, request, pure=False) for partition in partitions]
        while len(futures) > 1:
            pairs = [futures[place : place + 2] for place in range(0, len(futures), 2)]
            futures = [client.submit(_merge, *pair, pure=False) if len(pair) == 2 else pair[0] for pair in pairs]
        content, report = _result(client, futures[0], address)
    stream.finish(report)
    return TableProfile.from_bytes(content)


def fold_partitions(
    stream: RecordStream, work: Work[_Result], *, address: str, worker_seconds: float = WORKER_SECONDS
) -> Iterator[_Result]:
    """What `work` makes of each partition, in their order; fills the stream's report after the last one.

    `work` and its results must be such as can be pickled. Raises as `profile_stream` does.
    """
    report = ReadReport()
    with _cluster(address, worker_seconds) as client:
        futures = [client.submit(_apply, work, partition, pure=False) for partition in stream.partitions]
        futures.reverse()
        while futures:
            result, part = _result(client, futures.pop(), address)
            report.merge(part)
            yield result
    stream.finish(report)


def _profile(partition: Partition, request: ProfileRequest) -> _Part:
    table, report = _apply(lambda ordinal, batches: profile(batches, request, ordinal=ordinal), partition)
    return table.to_bytes(), report


def _apply(work: Work[_Result], partition: Partition) -> tuple[_Result, ReadReport]:
    if isinstance(partition, PieceGroup):
        _check_visible(partition)
    report = ReadReport()
    return work(partition.ordinal, partition.read(report)), report


def _merge(first: _Part, second: _Part) -> _Part:
    table, report = TableProfile.from_bytes(first[0]), first[1]
    table.merge(TableProfile.from_bytes(second[0]))
    report.merge(second[1])
    return table.to_bytes(), report


def _check_visible(partition: PieceGroup) -> None:
    """A file that a worker does not see would pass for one that was removed, and its rows would be lost."""
    storage = partition.reader.storage
    for piece in partition.pieces:
        path = storage.local_path(piece.entry.uri)
        if path is not None and not path.exists():
            raise InputError(
                f"{piece.entry.uri}: the Dask worker on {socket.gethostname()} has no file {path}",
                remedy="mount the same volume at the same path in the workers, or keep the data in an object store",
            )


def _result(client: Any, future: Any, address: str) -> Any:
    """What a task gave; EngineUnavailable where the cluster has had no worker for too long."""
    alone_since: float | None = None
    while not future.done():
        try:
            return future.result(timeout=min(_POLL_SECONDS, LOST_SECONDS))
        except TimeoutError:
            # The task itself may have raised it, too: then it is done.
            if client.nthreads():
                alone_since = None
                continue
            now = time.monotonic()
            alone_since = now if alone_since is None else alone_since
            if now - alone_since >= LOST_SECONDS:
                raise EngineUnavailable(
                    f"the Dask cluster at {address} lost all its workers, and had none for {LOST_SECONDS:g} s",
                    remedy="look why they ended, such as for want of memory, and start them again",
                ) from None
    return future.result()


def _check_certificates(address: str) -> None:
    """Raise ConfigurationError where Dask's settings have no certificates for a tls:// address."""
    if not address.startswith("tls://"):
        return
    from distributed import security

    make: Any = security.Security
    try:
        context, fault = make().get_connection_args("client")["ssl_context"], ""
    except (OSError, ValueError) as error:
        context, fault = None, f" ({error})"
    if context is None:
        names = ", ".join(f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in _TLS_SETTINGS)
        raise ConfigurationError(
            f"engine.address: {address} asks for TLS, and there are no certificates to use with it{fault}",
            remedy=f"set {names} in job.env to files that are mounted in the job",
        )


@contextmanager
def _cluster(address: str, worker_seconds: float) -> Iterator[Any]:
    """A client of a cluster that is ready for work, its faults as errors for a person; leaving forgets all tasks."""
    try:
        import distributed
        from distributed.comm.core import CommClosedError
    except ImportError as error:
        raise ConfigurationError(
            "engine: Dask is not installed here", remedy="install model-monitor-operator[jobs,dask]"
        ) from error
    _check_certificates(address)
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineUnavailable(
            f"engine.address: no Dask scheduler answers at {address} ({error})",
            remedy="check the address, such as tcp://scheduler:8786, and that the cluster runs",
        ) from error
    try:
        _check_workers(client, address, worker_seconds)
        yield client
    except distributed.scheduler.KilledWorker as error:
        raise EngineUnavailable(
            f"the Dask cluster at {address} lost several workers at the same partition",
            remedy="their memory is probably too small: give each of them at least 2 GiB",
        ) from error
    except (CommClosedError, distributed.client.FutureCancelledError) as error:
        raise EngineUnavailable(f"the connection to the Dask cluster at {address} was lost ({error})") from error
    finally:
        client.close(timeout=5)


def _check_workers(client: Any, address: str, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as error:
        raise EngineUnavailable(
            f"the Dask cluster at {address} has no worker after {seconds:g} s",
            remedy="add workers to it, with this image",
        ) from error
    check_versions(_versions()(), client.run(_versions()))


def check_versions(here: Mapping[str, str | None], workers: Mapping[str, Mapping[str, str | None]]) -> None:
    """Raise ConfigurationError unless all workers, given by their addresses, have the same versions as we."""
    for worker, there in workers.items():
        for name, version in here.items():
            if there.get(name) != version:
                found = there.get(name) or "none"
                raise ConfigurationError(
                    f"the Dask worker {worker} has {name} {found}, this run {version}: results could differ",
                    remedy="run the workers with the image of the jobs",
                )


def _versions() -> Callable[[], dict[str, str | None]]:
    names = _DISTRIBUTIONS

    # A function within a function is sent by value: workers may lack the module it stands in.
    def versions() -> dict[str, str | None]:
        from importlib import metadata

        found: dict[str, str | None] = {}
        for name in names:
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                found[name] = None
        return found

    return versions

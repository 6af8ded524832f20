"""The traffic that a monitor judges, opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from model_monitor_crds.data import Columns, Dataset, Script
from model_monitor_crds.monitoringschedule import Batch, Input
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.runs.loading import LoadedBaseline
from model_monitor_jobs.runs.offenders import Identified
from model_monitor_jobs.runs.scripts import fetched_script
from model_monitor_jobs.sources import CSVDialect, RecordStream
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.dataset import read_dataset
from model_monitor_jobs.sources.identified import identified_capture, identified_dataset
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class Traffic:
    """The records to judge, the URI they come from, and how to read them once more with the identity of each."""

    stream: RecordStream
    uri: str
    most_unreadable: float
    """Share of lines that may be unreadable."""
    identified: Callable[[], Iterable[Identified]]


def open_input(source: Input, window: Window, columns: Columns, baseline: LoadedBaseline, storage: Storage) -> Traffic:
    """The records of a window."""
    most = source.max_unreadable_share
    if source.endpoint is not None:
        uri, order, others = source.endpoint.capture_uri, baseline.order, baseline.alternatives
        script = fetched_script(source.record_preprocessor, storage)
        return Traffic(
            read_capture(storage, uri, window, expected=order, alternatives=others, script=script),
            uri,
            most,
            lambda: identified_capture(storage, uri, window, expected=order, alternatives=others, script=script),
        )
    if source.batch is None:
        raise ConfigurationError("spec.input: set exactly one of endpoint and batch")
    dataset = batch_dataset(source.batch, window, most, source.record_preprocessor)
    layouts = [each for each in (baseline.order, *baseline.alternatives) if each]
    return open_dataset(dataset, storage, window if columns.timestamp else None, columns.timestamp, layouts)


def batch_dataset(batch: Batch, window: Window, most_unreadable: float, preprocessor: Script | None = None) -> Dataset:
    """The dataset that a batch folder is for a window."""
    return Dataset(
        uri=of_window(batch.data_uri, window),
        format=batch.format,
        csv=batch.csv,
        max_unreadable_share=most_unreadable,
        record_preprocessor=preprocessor,
    )


def of_window(uri: str, window: Window) -> str:
    """A URI with the window's start in the place of strftime codes."""
    return window.start.strftime(uri) if "%" in uri else uri


def open_dataset(
    dataset: Dataset,
    storage: Storage,
    window: Window | None = None,
    timestamp: str | None = None,
    layouts: Sequence[Sequence[str]] = (),
) -> Traffic:
    """The records of a dataset, or of a window of it; `layouts` are orders of the columns that it is compared with."""
    dialect = CSVDialect(dataset.csv.header, dataset.csv.delimiter)
    uri, kind, bounds = dataset.uri, dataset.format, timestamp if window is not None else None
    script = fetched_script(dataset.record_preprocessor, storage)
    return Traffic(
        read_dataset(storage, uri, kind, csv=dialect, window=window, timestamp=bounds, script=script, layouts=layouts),
        uri,
        dataset.max_unreadable_share,
        lambda: identified_dataset(
            storage, uri, kind, csv=dialect, window=window, timestamp=bounds, script=script, layouts=layouts
        ),
    )


def open_rows(dataset: Dataset, storage: Storage) -> RecordStream:
    """The rows of a dataset, as its preprocessor makes them. Raises as `read_dataset` does."""
    return open_dataset(dataset, storage).stream

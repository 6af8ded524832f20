"""What a container of the user's own finds: the window's data, the baseline's files, its environment variables."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringschedule import Batch, Endpoint, MonitoringScheduleSpec
from model_monitor_crds.own_container import ENVIRONMENT_FILE
from model_monitor_crds.window import Window, format_time
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.runs.traffic import of_window
from model_monitor_jobs.sources.capture import nothing_captured
from model_monitor_jobs.sources.capture_layout import files_of_window
from model_monitor_jobs.sources.dataset import files_at
from model_monitor_jobs.storage import Storage

_TOGETHER: Final = 8
_PIECE: Final = 4 << 20
_HOUR_PARTS: Final = 5
"""Of a captured file's path: year, month, day, hour, name."""
_VARIANT: Final = "AllTraffic"
_CAPTURE_FORMAT: Final = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}


@dataclass(frozen=True)
class Staging:
    """Folders of a pod: for the data, the baseline, the container's results, and the file with its variables."""

    input: Path
    baseline: Path
    output: Path
    environment: Path


def stage_window(
    monitor: MonitoringScheduleSpec,
    schedule: str,
    files: BaselineFiles | None,
    window: Window,
    folders: Staging,
    storage: Storage,
) -> int:
    """Bring everything to the folders; returns how many files of data there are.

    Raises InputError where the window has no data, ConfigurationError, StorageUnavailable.
    """
    source = monitor.input
    if source.endpoint is not None:
        folder = folders.input / "endpoint"
        data, own = _captured(source.endpoint, monitor.model or schedule, window, storage)
    elif source.batch is not None:
        folder = folders.input / "batch"
        data, own = _batch(source.batch, window, storage)
    else:
        raise ConfigurationError("spec.input: set exactly one of endpoint and batch")
    _fetch(storage, ((uri, _inside(folder, path)) for uri, path in data))
    reference = {} if files is None else {"baseline_constraints": (files.constraints_uri, "constraints")}
    if files is not None and files.statistics_uri is not None:
        reference["baseline_statistics"] = (files.statistics_uri, "stats")
    staged = {name: (uri, folders.baseline / kind / uri.rsplit("/", 1)[-1]) for name, (uri, kind) in reference.items()}
    _fetch(storage, staged.values())
    variables = {
        **own,
        **{name: str(path) for name, (_, path) in staged.items()},
        "dataset_source": str(folder),
        "end_time": format_time(window.end),
        "output_path": str(folders.output),
        "publish_cloudwatch_metrics": "Disabled",
        "sagemaker_monitoring_schedule_name": schedule,
        "start_time": format_time(window.start),
    }
    (folders.environment / ENVIRONMENT_FILE).write_text(environment_file(variables))
    return len(data)


def environment_file(variables: Mapping[str, str]) -> str:
    """The variables as a kubelet reads them from a file.

    Raises ConfigurationError for a value that such a file can't hold.
    """
    for name, value in variables.items():
        if "'" in value or "\n" in value:
            raise ConfigurationError(f"the container's variable {name} can't be {value!r}: it has a quote in it")
    return "".join(f"{name}='{value}'\n" for name, value in sorted(variables.items()))


def _captured(
    endpoint: Endpoint, name: str, window: Window, storage: Storage
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """URI and path `endpoint/variant/yyyy/mm/dd/hh/name` of each file, and the endpoint's variables."""
    uri = endpoint.capture_uri.rstrip("/")
    found: list[tuple[str, str]] = []
    endpoints: set[str] = set()
    for file in files_of_window(storage, uri, window):
        parts = file.entry.uri[len(uri) + 1 :].split("/")
        above, hour = parts[:-_HOUR_PARTS], parts[-_HOUR_PARTS:]
        # What stands between the URI and the years: endpoint and variant, the variant alone, or nothing.
        above = above if len(above) == 2 else [name, *(above or [_VARIANT])]
        endpoints.add(above[0])
        found.append((file.entry.uri, "/".join([*above, *hour])))
    if not found:
        raise nothing_captured(storage, uri, window)
    return found, {
        "dataset_format": _json(_CAPTURE_FORMAT),
        "sagemaker_endpoint_datacapture_prefix": uri,
        "sagemaker_endpoint_name": name if name in endpoints else min(endpoints),
    }


def _batch(batch: Batch, window: Window, storage: Storage) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """URI and path `yyyy/mm/dd/hh/path` of each file, by the window's start, and the format."""
    uri = of_window(batch.data_uri, window)
    formats: dict[str, object] = {
        "CSV": {"csv": {"header": batch.csv.header}},
        "JSONLines": {"json": {"line": True}},
        "Parquet": {"parquet": {}},
    }
    found = [(entry.uri, f"{window.start:%Y/%m/%d/%H}/{entry.path}") for entry in files_at(storage, uri)]
    return found, {"dataset_format": _json(formats[batch.format])}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _inside(folder: Path, path: str) -> Path:
    if ".." in path.split("/"):
        raise InputError(f"{path}: the name of a file leads out of its folder", remedy="rename it")
    return folder / path


def _fetch(storage: Storage, files: Iterable[tuple[str, Path]]) -> None:
    def fetch(file: tuple[str, Path]) -> None:
        uri, target = file
        target.parent.mkdir(parents=True, exist_ok=True)
        with storage.open(uri) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _PIECE)

    with ThreadPoolExecutor(_TOGETHER, thread_name_prefix="fetch") as pool:
        for _ in pool.map(fetch, files):
            pass

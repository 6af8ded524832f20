"""The folder in which scripts find a run's results, and leave files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.runs.scripts import fetched_script
from model_monitor_jobs.scripts.process import Script
from model_monitor_jobs.storage import Storage

_MOST_BYTES: Final = 64 << 20


class ScriptOutput:
    """See `script_output`; without a folder nothing is kept of what scripts leave."""

    def __init__(self, folder: Path | None, script: Script | None) -> None:
        """`script`: the post-analytics processor."""
        self._folder = folder
        self._script = script

    def clear(self) -> None:
        """Let nothing be there, as at the beginning."""
        if self._folder is not None:
            _empty(self._folder)

    def processed(self, files: Mapping[str, bytes], variables: Mapping[str, str]) -> dict[str, bytes]:
        """The files of a results folder with what record preprocessors have left, and with what the post-analytics
        processor has changed and added; names are relative to the folder. `variables` are in that one's environment.

        Raises InputError where it fails, ConfigurationError where it can't be loaded.
        """
        if self._folder is None:
            return dict(files)
        kept = dict(_found(self._folder)) | dict(files)
        if self._script is None:
            return kept
        with _usable(self._folder):
            for name, content in files.items():
                path = self._folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        with replace(self._script, variables=variables).running("postprocess_handler") as process:
            process.postprocess()
        return kept | dict(_found(self._folder))


@contextmanager
def script_output(monitor: MonitoringScheduleSpec, folder: Path, storage: Storage) -> Iterator[ScriptOutput]:
    """The folder for the scripts of one run: it is empty before and after.

    Raises InputError where there is no post-analytics processor at its URI, ConfigurationError where that one needs the
    folder and it can't be used. For a record preprocessor alone, which needs it for files of its own if at all, a
    folder that is not there or not empty is left as it is.
    """
    script = fetched_script(monitor.post_analytics_processor, storage)
    if script is not None:
        with _usable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise ConfigurationError(f"spec.postAnalyticsProcessor: {folder} is not empty", remedy=_remedy(folder))
        ours = True
    else:
        ours = monitor.input.record_preprocessor is not None and folder.is_dir() and not any(folder.iterdir())
    output = ScriptOutput(folder if ours else None, script)
    try:
        yield output
    finally:
        output.clear()


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"spec.postAnalyticsProcessor: {folder} can't be used: {error.strerror}", remedy=_remedy(folder)
        ) from error


def _remedy(folder: Path) -> str:
    return f"make {folder} an empty folder that this user may write to; a pod has it"


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def _found(folder: Path) -> Iterator[tuple[str, bytes]]:
    size = 0
    for path in sorted(folder.rglob("*")):
        # What a link leads to is none of the results.
        if path.is_symlink() or not path.is_file():
            continue
        size += path.stat().st_size
        if size > _MOST_BYTES:
            raise InputError(
                f"{folder}: scripts leave more than {_MOST_BYTES >> 20} MiB there",
                remedy="write large files to a store of your own",
            )
        yield path.relative_to(folder).as_posix(), path.read_bytes()

"""A post-analytics processor: a script that looks at a run's results, and may add to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from model_monitor_crds.run import OUTPUT_FOLDER
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.scripts.process import Script

_MOST_BYTES: Final = 64 << 20


def postprocessed(script: Script, files: Mapping[str, bytes], output: Path = Path(OUTPUT_FOLDER)) -> dict[str, bytes]:
    """The files of a results folder, with what the script has changed and added; names are relative to the folder.

    Raises InputError where the script fails, ConfigurationError where it can't be loaded or the folder can't be used.
    """
    with _holding(files, output), script.running("postprocess_handler") as process:
        process.postprocess()
        return dict(files) | dict(_found(output))


@contextmanager
def _holding(files: Mapping[str, bytes], output: Path) -> Iterator[None]:
    """The folder with the files in it, empty before and after."""
    remedy = f"make {output} an empty folder that this user may write to; a pod has it"
    try:
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()):
            raise ConfigurationError(f"spec.postAnalyticsProcessor: {output} is not empty", remedy=remedy)
        try:
            for name, content in files.items():
                path = output / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            yield
        finally:
            _empty(output)
    except OSError as error:
        raise ConfigurationError(
            f"spec.postAnalyticsProcessor: {output} can't be used: {error.strerror}", remedy=remedy
        ) from error


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def _found(output: Path) -> Iterator[tuple[str, bytes]]:
    size = 0
    for path in sorted(output.rglob("*")):
        # What a link leads to is none of the results.
        if path.is_symlink() or not path.is_file():
            continue
        size += path.stat().st_size
        if size > _MOST_BYTES:
            raise InputError(
                f"spec.postAnalyticsProcessor: the script leaves more than {_MOST_BYTES >> 20} MiB in {output}",
                remedy="write large files to a store of your own",
            )
        yield path.relative_to(output).as_posix(), path.read_bytes()

"""What a container of the user's own has written: its files, and the violations among them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.runs.outcome import EXECUTION
from model_monitor_jobs.runs.result import STATISTICS, VIOLATIONS, counted_violations
from model_monitor_jobs.sagemaker.documents import read_json
from model_monitor_jobs.sagemaker.violations import ReportedViolation, read_violations

VIOLATION_FILES: Final = (VIOLATIONS, "constraints_violations.json", "community_constraint_violations.json")
"""Where violations stand, the first that is there: SageMaker's documents misspell it, its PyPI package renames it."""
STATISTICS_FILES: Final = (STATISTICS, "community_statistics.json")
MOST_FILES: Final = 1000
MOST_BYTES: Final = 256 << 20
CHECK: Final = "container_check"
"""Stands for whatever a container without a violation has checked."""


@dataclass(frozen=True)
class ContainerOutput:
    """The files by their paths below the output folder; of violations None where no file of them was written."""

    files: dict[str, bytes]
    violations: tuple[ReportedViolation, ...] | None
    rows: int | None = None
    """Rows of the window, where statistics.json tells."""
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The violations; else one pass, unless nothing at all was written."""
        if self.violations:
            return tuple(
                Finding(each.column, each.check, Verdict.VIOLATION, "", "", each.description)
                for each in self.violations
            )
        return (Finding("", CHECK, Verdict.PASS, "", "", self.summary),) if self.files else ()

    @property
    def summary(self) -> str:
        """The outcome in one sentence, without a full stop."""
        if self.violations:
            first = self.violations[0]
            of = f"{first.column} ({first.check})" if first.column else first.check
            count = counted_violations(self.violations) + (", the first" if len(self.violations) > 1 else "")
            return f"The container found {count}: {of}: {first.description}"
        if self.violations is not None:
            return "The container found no violation"
        if self.files:
            return f"The container ended well and wrote no {VIOLATIONS}: no violation"
        return "The container ended well and wrote nothing below output_path: nothing was judged"


def read_output(folder: Path) -> ContainerOutput:
    """Read all that a container has written.

    Raises InputError that names the file: violations that can't be read, or more files or bytes than are taken.
    """
    files, notes = _files(folder)
    name = next((name for name in VIOLATION_FILES if name in files), None)
    violations = None if name is None else tuple(read_violations(files[name], str(folder / name)))
    if name is not None:
        files[VIOLATIONS] = files[name]
    return ContainerOutput(files, violations, _rows(files, folder), tuple(notes))


def _files(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    files: dict[str, bytes] = {}
    notes: list[str] = []
    size = 0
    for parent, folders, names in os.walk(folder, onerror=_raise):
        # A link could lead to what only our own container may see, such as its token: none is followed.
        notes += [
            f"{Path(parent, name)} is a link and was left out" for name in folders if Path(parent, name).is_symlink()
        ]
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if not stat.S_ISREG(path.lstat().st_mode):
                notes.append(f"{path} is no regular file and was left out")
                continue
            if relative == EXECUTION:
                notes.append(f"{path} has the name of a file of ours and was left out")
                continue
            size += path.lstat().st_size
            if len(files) == MOST_FILES or size > MOST_BYTES:
                raise InputError(
                    f"{folder}: the container wrote more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB",
                    remedy="write large files to a store of your own",
                )
            files[_text(relative, folder)] = path.read_bytes()
    return files, notes


def _raise(error: OSError) -> None:
    raise InputError(
        f"{error.filename}: can't be read: {error.strerror}",
        remedy="files and folders below output_path must be readable for group 10001",
    ) from error


def _text(name: str, folder: Path) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{folder}: the name of file {name!r} is not UTF-8") from error
    return name


def _rows(files: dict[str, bytes], folder: Path) -> int | None:
    """The item count of a statistics.json; a container may write whatever it likes there."""
    for name in STATISTICS_FILES:
        try:
            document = read_json(files[name], str(folder / name)) if name in files else None
        except InputError:
            continue
        dataset = document.get("dataset") if isinstance(document, dict) else None
        count = dataset.get("item_count") if isinstance(dataset, dict) else None
        if isinstance(count, int) and count >= 0:
            return count
    return None

"""Reading a baseline's files for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.window import Window, format_duration
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.baseline_profile import BaselineProfile, lengths_of, read_baseline_profile
from model_monitor_jobs.runs.reading import meant
from model_monitor_jobs.sagemaker.constraints import read_constraints
from model_monitor_jobs.sagemaker.statistics import read_statistics
from model_monitor_jobs.storage import Storage

_ALIKE = 0.05
"""Windows count as of one length up to this share: days on which clocks change are an hour shorter or longer."""


@dataclass(frozen=True)
class LoadedBaseline:
    """A baseline read from its files."""

    files: BaselineFiles
    reference: Reference
    order: tuple[str, ...]
    """Order of the values in captures that have no names."""
    alternatives: tuple[tuple[str, ...], ...] = ()
    """Other orders that such captures may have: with the dataset's columns that are not judged."""
    notes: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    """All columns that its files name."""
    timestamp: str | None = None
    """The column with the time of each row of its dataset."""
    unlearned: str = ""
    """Why the usual variation of windows like the judged one is unknown."""


def load_baseline(
    files: BaselineFiles, excluded: frozenset[str], storage: Storage, window: Window | None = None
) -> LoadedBaseline:
    """Read a baseline's files, of its own windows those as long as the judged one.

    Constraints that were edited since are followed, and noted. Raises InputError for files that can't be used.
    """
    if files.statistics_uri is None:
        raise ConfigurationError(
            "the baseline has no statistics.json", remedy="set existing.statisticsURI of the Baseline"
        )
    content = {uri: storage.read_bytes(uri) for uri in (files.statistics_uri, files.constraints_uri)}
    statistics = read_statistics(content[files.statistics_uri], files.statistics_uri)
    constraints = read_constraints(content[files.constraints_uri], files.constraints_uri)
    profile, unlearned = _read_profile(files, storage, window)
    reference = Reference.of(statistics, constraints, excluded, profile)
    if not reference.columns:
        raise InputError(f"{files.constraints_uri}: lists no feature that is judged", remedy="make the baseline again")
    order = tuple(feature.name for feature in constraints.features)
    known = frozenset(order) | {feature.name for feature in statistics.features}
    alternatives: tuple[tuple[str, ...], ...] = ()
    if profile is not None:
        order, alternatives = profile.judged, (profile.without_timestamp, profile.order)
        known |= frozenset(profile.order)
    unknown = [column.name for column in reference.columns if not column.present + column.missing]
    notes = edited_files(files, content)
    if unknown:
        features = [feature.name for feature in statistics.features]
        named = ", ".join(f"{name!r}{meant(name, features)}" if meant(name, features) else name for name in unknown)
        text = f"{files.statistics_uri} has no statistics of {named}: what needs them is not judged"
        notes = (*notes, text)
    timestamp = next((name for name, role in profile.roles.items() if role == "timestamp"), None) if profile else None
    return LoadedBaseline(files, reference, order, alternatives, notes, known, timestamp, unlearned)


def _read_profile(files: BaselineFiles, storage: Storage, window: Window | None) -> tuple[BaselineProfile | None, str]:
    """The profile with the windows that fit, and why there are none."""
    uri = files.profile_uri
    if uri is None:
        return None, "it was made from existing files, which do not tell"
    content = storage.read_bytes(uri)
    lengths = lengths_of(content, uri)
    length = _nearest(window.length, lengths) if window is not None else None
    profile = read_baseline_profile(content, uri, length)
    return profile, fitting_length(lengths, window, stamped="timestamp" in profile.roles.values())[1]


def edited_files(files: BaselineFiles, content: Mapping[str, bytes], *, followed: bool = True) -> tuple[str, ...]:
    """Notes on files that were changed after the baseline was made; `content` by URI.

    `followed`: whether the run goes by them, and not by the baseline's profile.
    """
    effect = "follows the file as it is now" if followed else "goes by profile.parquet, which knows nothing of that"
    digests = {
        files.statistics_uri: files.statistics_sha256,
        files.constraints_uri: files.constraints_sha256,
    }
    return tuple(
        f"{uri} was changed after the baseline was made; this run {effect}"
        for uri, digest in digests.items()
        if uri is not None and sha256(content[uri]).hexdigest() != digest
    )


def fitting_length(
    lengths: tuple[timedelta, ...], window: Window | None, *, stamped: bool
) -> tuple[timedelta | None, str]:
    """The length of a baseline's windows that is a window's, or why there is none; `stamped`: its rows have times."""
    if not lengths:
        return None, f"its Baseline has no {'windows' if stamped else 'columns.timestamp'}"
    if window is None:
        return None, "it is not said which window this is: give --from and --to"
    length = _nearest(window.length, lengths)
    if length is None:
        known = ", ".join(map(format_duration, lengths))
        return None, f"it knows windows of {known}, this one has {format_duration(window.length)}: add it to windows"
    return length, ""


def _nearest(length: timedelta, known: tuple[timedelta, ...]) -> timedelta | None:
    alike = [each for each in known if abs(each - length) <= _ALIKE * each]
    return min(alike, key=lambda each: abs(each - length), default=None)

"""What the runs before this one found: since when a check is in violation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import orjson

from model_monitor_crds.alert import Check, JudgedWindow
from model_monitor_crds.window import parse_time
from model_monitor_jobs.errors import MonitorError
from model_monitor_jobs.storage import Storage

EXECUTION: Final = "execution.json"
MOST_RESULTS: Final = 20
MOST_LISTINGS: Final = 60
MOST_SECONDS: Final = 5.0
MOST_BYTES: Final = 16 << 20
"""Read in all, the latest results first; the files that are under way when it is reached are still taken."""
_TOGETHER: Final = 8
_HOUR: Final = re.compile(r"^\d{2}(-\d{2})?$")
_PARTS: Final = (re.compile(r"^\d{4}$"), re.compile(r"^\d{2}$"), re.compile(r"^\d{2}$"), _HOUR)


@dataclass(frozen=True)
class EarlierCheck:
    """What a check came to: `ratio` is how many limits the difference amounted to, None where nothing was measured."""

    judged: bool
    violated: bool
    ratio: float | None = None
    immediate: bool = False


@dataclass(frozen=True)
class EarlierMetric:
    """A metric of an earlier window: measured, in the baseline, and estimated; None where there was none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    estimate: float | None = None
    estimate_low: float | None = None
    estimate_high: float | None = None


@dataclass(frozen=True)
class EarlierOutlook:
    """What a window without labels was estimated to show."""

    start: datetime
    end: datetime
    metrics: Mapping[str, EarlierMetric]
    sample_uri: str = ""
    """The rows of the baseline that it was estimated from."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """The estimates as they stand in execution.json."""


@dataclass(frozen=True)
class EarlierResult:
    """An earlier run, with the window it judged where that is known.

    Of a model quality monitor also its metrics, the share of records with a label, up to when labels counted, how often
    the window had been judged before, and what a later window was estimated to show.
    """

    scheduled_time: datetime
    start: datetime | None
    end: datetime | None
    checks: Mapping[Check, EarlierCheck] = field(default_factory=dict)
    metrics: Mapping[str, EarlierMetric] = field(default_factory=dict)
    coverage: float | None = None
    as_of: datetime | None = None
    labels_digest: str = ""
    revision: int = 0
    revisions: Sequence[Mapping[str, Any]] = ()
    """What was published of this window before, as its execution.json tells it."""
    outlook: EarlierOutlook | None = None

    @property
    def labelled(self) -> bool:
        """Whether its metrics were judged."""
        return any(found.judged for found in self.checks.values())


@dataclass(frozen=True)
class History:
    """Earlier results, the oldest first.

    `skipped` counts those that could not be read; `whole` says whether there are none before the oldest.
    """

    results: tuple[EarlierResult, ...] = ()
    skipped: int = 0
    whole: bool = True


@dataclass(frozen=True)
class Streak:
    """Windows in violation without a break, this one included: `first` is the earliest, None where it is this one.

    `open`: it may have begun before the results that were read.
    """

    windows: int
    first: EarlierResult | None
    open: bool


def streak(history: History, check: Check) -> Streak:
    """How long a check that is in violation now has been so; windows that could not judge it don't count."""
    first, windows = None, 1
    for result in reversed(history.results):
        earlier = result.checks.get(check)
        if earlier is None or not earlier.judged:
            continue
        if not earlier.violated:
            return Streak(windows, first, open=False)
        first, windows = result, windows + 1
    return Streak(windows, first, open=not history.whole)


def judged_windows(history: History) -> list[JudgedWindow]:
    """The earlier results that could judge something, as alerts are counted, the oldest first."""
    return [
        JudgedWindow(
            frozenset(check for check, found in result.checks.items() if found.violated),
            frozenset(check for check, found in result.checks.items() if found.immediate),
            frozenset(check for check, found in result.checks.items() if not found.judged),
        )
        for result in history.results
        if any(found.judged for found in result.checks.values())
    ]


def parse_result(content: bytes, scheduled_time: datetime) -> EarlierResult:
    """An execution.json; raises ValueError when it is none."""
    document = orjson.loads(content)
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise ValueError(f"{EXECUTION}: has no findings")
    status = document.get("status")
    window = status.get("window") if isinstance(status, dict) else None
    start, end = (_time(window, name) for name in ("start", "end"))
    labels = status.get("labels") if isinstance(status, dict) else None
    labels = labels if isinstance(labels, dict) else {}
    coverage, revision = labels.get("coverage"), labels.get("revision")
    revisions = document.get("revisions")
    return EarlierResult(
        scheduled_time,
        start,
        end,
        dict(_checks(document["findings"])),
        _with_estimates(
            _metrics(status.get("metrics") if isinstance(status, dict) else None), document.get("estimates")
        ),
        float(coverage) if isinstance(coverage, int | float) else None,
        _time(labels, "asOf"),
        str(document.get("labelsDigest", "")),
        revision if isinstance(revision, int) else 0,
        [own for own in revisions if isinstance(own, dict)] if isinstance(revisions, list) else (),
        _outlook(document.get("outlook")),
    )


def read_result(storage: Storage, folder: str, scheduled_time: datetime) -> EarlierResult | None:
    """The result in a folder; None where there is none, or none that can be read."""
    return _read(storage, (scheduled_time, folder))[0]


def earlier_results(
    storage: Storage,
    output_uri: str,
    schedule: str,
    before: datetime,
    limit: int = MOST_RESULTS,
    seconds: float = MOST_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> History:
    """The latest scheduled results of a schedule before a tick, `limit` at most.

    Reads a bounded number of folders, files and bytes, and begins no further read after `seconds`. What can't be read
    is skipped and counted, an unreachable store too: history explains a result, and no run fails for lack of it.
    """
    base = f"{output_uri.rstrip('/')}/{schedule}"
    ends = clock() + seconds
    folders = _Folders(storage, base, before, lambda: clock() >= ends)
    found: list[tuple[datetime, str]] = []
    ticks = iter(folders)
    for tick in ticks:
        found.append(tick)
        if len(found) == limit:
            break
    whole = next(ticks, None) is None and not folders.cut
    results: list[EarlierResult] = []
    skipped = size = 0
    with ThreadPoolExecutor(_TOGETHER) as readers:
        for begin in range(0, len(found), _TOGETHER):
            if clock() >= ends or size >= MOST_BYTES:
                whole = False
                break
            for result, read in readers.map(partial(_read, storage), found[begin : begin + _TOGETHER]):
                size += read
                if result is None:
                    skipped += 1
                else:
                    results.append(result)
    return History(tuple(reversed(results)), skipped, whole)


class _Folders:
    """The results folders before a tick, the latest first; `cut` when not all could be looked at."""

    def __init__(self, storage: Storage, base: str, before: datetime, late: Callable[[], bool]) -> None:
        self._storage = storage
        self._base = base
        self._before = before.astimezone(UTC)
        self._late = late
        self._listings = 0
        self.cut = False

    def __iter__(self) -> Iterator[tuple[datetime, str]]:
        return self._below(())

    def _below(self, path: tuple[str, ...]) -> Iterator[tuple[datetime, str]]:
        before = self._before
        bound = (f"{before:%Y}", f"{before:%m}", f"{before:%d}", f"{before:%H-%M}")
        for name in self._names(path):
            deeper = (*path, name)
            if len(deeper) < len(_PARTS):
                if deeper <= bound[: len(deeper)]:
                    yield from self._below(deeper)
                continue
            tick = _tick(deeper)
            if tick is not None and tick < before:
                yield tick, "/".join((self._base, *deeper))

    def _names(self, path: tuple[str, ...]) -> Sequence[str]:
        if self._listings >= MOST_LISTINGS or self._late():
            self.cut = True
            return ()
        self._listings += 1
        try:
            names = self._storage.folders("/".join((self._base, *path)))
        except MonitorError:
            self.cut = True
            return ()
        return sorted((name for name in names if _PARTS[len(path)].match(name)), reverse=True)


def _tick(parts: tuple[str, ...]) -> datetime | None:
    year, month, day, hour = parts
    minute = hour[3:] or "00"
    try:
        return datetime(int(year), int(month), int(day), int(hour[:2]), int(minute), tzinfo=UTC)
    except ValueError:
        return None


def _read(storage: Storage, tick: tuple[datetime, str]) -> tuple[EarlierResult | None, int]:
    """A result, None where it can't be read, and how many bytes it took."""
    time_, folder = tick
    try:
        content = storage.read_bytes(f"{folder}/{EXECUTION}")
    except (MonitorError, OSError):
        return None, 0
    try:
        return parse_result(content, time_), len(content)
    except ValueError:
        return None, len(content)


def _checks(findings: Sequence[Any]) -> Iterator[tuple[Check, EarlierCheck]]:
    for finding in findings:
        if not isinstance(finding, dict):
            continue
        segment = finding.get("segment")
        parts = (str(segment.get("column", "")), str(segment.get("value", ""))) if isinstance(segment, dict) else ()
        key = Check(str(finding.get("column", "")), str(finding.get("check", "")), parts)
        verdict, ratio = finding.get("verdict"), finding.get("ratio")
        yield (
            key,
            EarlierCheck(
                verdict in ("Pass", "Violation"),
                verdict == "Violation",
                float(ratio) if isinstance(ratio, int | float) else None,
                finding.get("immediate") is True,
            ),
        )


def _metrics(listed: Any) -> dict[str, EarlierMetric]:
    """The metrics of a status."""
    names = {"estimateLow": "estimate_low", "estimateHigh": "estimate_high"}
    found = {}
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("metric"), str):
            numbers = {
                names.get(name, name): float(value) for name, value in entry.items() if isinstance(value, int | float)
            }
            known = {name: value for name, value in numbers.items() if name in EarlierMetric.__dataclass_fields__}
            of = (entry.get(name) for name in ("facet", "feature", "label"))
            found[metric_key(entry["metric"], *of)] = EarlierMetric(**known)
    return found


def metric_key(metric: str, *of: Any) -> str:
    """By what a metric is known: its name, of bias with the facet, of attributions with feature and label."""
    return " ".join([metric, *(each for each in of if isinstance(each, str))])


def _with_estimates(metrics: dict[str, EarlierMetric], document: Any) -> dict[str, EarlierMetric]:
    """The metrics with their estimates, of which a status only has those that are trusted."""
    told = _metrics(document.get("metrics") if isinstance(document, dict) else None)
    for name, found in told.items():
        metrics[name] = replace(
            metrics.get(name, EarlierMetric()),
            estimate=found.estimate,
            estimate_low=found.estimate_low,
            estimate_high=found.estimate_high,
        )
    return metrics


def _outlook(document: Any) -> EarlierOutlook | None:
    if not isinstance(document, dict):
        return None
    window = document.get("window")
    start, end = _time(window, "start"), _time(window, "end")
    if start is None or end is None:
        return None
    return EarlierOutlook(start, end, _metrics(document.get("metrics")), str(document.get("sampleURI", "")), document)


def _time(window: Any, name: str) -> datetime | None:
    text = window.get(name) if isinstance(window, dict) else None
    try:
        return parse_time(text) if isinstance(text, str) else None
    except ValueError:
        return None

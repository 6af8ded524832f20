"""Reports to look at: made through the real path from counts and findings, without reading any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from model_monitor_crds.alert import Check
from model_monitor_crds.base import CheckType
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.checks.finding import Distances, Finding, percent
from model_monitor_jobs.decisions import Evidence, Verdict
from model_monitor_jobs.profiles.cells import count_cells
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.sketch import Doubles
from model_monitor_jobs.profiles.table import TableProfile, Tracking
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.data_quality.build import report_of
from model_monitor_jobs.reports.html.data_quality.model import DataQualityReport as Report
from model_monitor_jobs.reports.html.data_quality.shapes import ColumnComparison
from model_monitor_jobs.runs.data_quality import DataQualityResult
from model_monitor_jobs.runs.history import EarlierCheck, EarlierResult, History
from model_monitor_jobs.runs.offenders import Offenders
from model_monitor_jobs.sagemaker.constraints import FeatureConstraints, MonitoringConfig
from model_monitor_jobs.sources import ReadReport

NEW_YORK = ZoneInfo("America/New_York")
WINDOW = Window(datetime(2013, 2, 9, tzinfo=NEW_YORK), datetime(2013, 2, 10, tzinfo=NEW_YORK))
HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> 'a' {{ 7 * 7 }}"
)


def evidence(difference: float, limit: float, count: int = 684, spread: float = 0.04) -> Evidence:
    return Evidence(difference, limit, 0.02, max(0.0, difference - spread), min(1.0, difference + spread), count)


def finding(column: str, check: CheckType, difference: float, limit: float, now: str = "", then: str = "") -> Finding:
    """A check as the default rule tells it: `now` and `then` are what was observed and expected."""
    found = evidence(difference, limit)
    text = f"{now}, {then} in the baseline"
    return Finding(column, check, found.verdict, now or percent(difference), then or percent(0.0), text, found)


def numbers(window: Doubles, baseline: Doubles, missing: tuple[int, int] = (0, 0)) -> ColumnComparison:
    cuts = np.unique(np.quantile(baseline, np.arange(1, 256) / 256, method="inverted_cdf"))

    def counts(values: Doubles, absent: int) -> ColumnCounts:
        return ColumnCounts(len(values) + absent, len(values), fractional=len(values), cells=count_cells(cuts, values))

    return ColumnComparison(counts(window, missing[0]), counts(baseline, missing[1]), cuts)


def categories(values: Sequence[str], window: Sequence[int], baseline: Sequence[int]) -> ColumnComparison:
    def counts(numbers: Sequence[int]) -> ColumnCounts:
        return ColumnCounts(sum(numbers) + 9, sum(numbers), text=sum(numbers), values=np.array(numbers))

    return ColumnComparison(counts(window), counts(baseline), None, tuple(values))


def result(
    findings: Sequence[Finding],
    rows: int = 684,
    notes: tuple[str, ...] = (),
    unreadable: int = 0,
    comparisons: Mapping[str, ColumnComparison] | None = None,
    offenders: Mapping[Check, Offenders] | None = None,
) -> DataQualityResult:
    """A result of these findings; `comparisons` has what was counted of some columns."""
    counted = comparisons or {}
    told = [
        replace(found, window_counts=counted[found.column].window, reference_counts=counted[found.column].baseline)
        if found.column in counted
        else found
        for found in findings
    ]
    columns = tuple(
        ReferenceColumn(
            FeatureConstraints(name=name, inferred_type="Fractional"),
            MonitoringConfig(),
            0,
            0,
            tracking=Tracking(each.cuts, each.values),
        )
        for name, each in counted.items()
    )
    table = TableProfile()
    table.rows = rows
    read = ReadReport(files=24, records=rows)
    for line in range(unreadable):
        read.add_unreadable("capture/AllTraffic/2013/02/09/07/part.jsonl", 17 + line, "no JSON", '{"eventId": "9f…')
    files = BaselineFiles(
        statistics_uri="s3://acme-ml/flights/baseline/statistics.json",
        constraints_uri="s3://acme-ml/flights/baseline/constraints.json",
        statistics_sha256="3f" * 32,
        constraints_sha256="a7" * 32,
        record_count=26_483,
        column_count=13,
    )
    reference = Reference(26_483, columns)
    return DataQualityResult(WINDOW, read, tuple(told), files, notes, offenders or {}, table=table, reference=reference)


def history(keys: Sequence[Check], series: Sequence[Sequence[float | None]]) -> History:
    """Daily results before the window; each series has a check's numbers of limits, the latest last."""
    days = len(series[0])
    results = []
    for day in range(days):
        start = WINDOW.start - timedelta(days=days - day)
        checks = {
            key: EarlierCheck(values[day] is not None, (values[day] or 0) > 1, values[day])
            for key, values in zip(keys, series, strict=True)
        }
        results.append(EarlierResult(start + timedelta(days=1), start, start + timedelta(days=1), checks))
    return History(tuple(results))


def storm() -> Report:
    """Flights on the second day of a blizzard: departures without a delay, other carriers than usual."""
    random = np.random.default_rng(9)
    base = np.floor(random.lognormal(1.6, 1.3, 26_000)) - 8
    delays = numbers(np.floor(random.lognormal(2.0, 1.5, 330)) - 8, base, (354, 483))
    carriers = categories(
        ["UA", "B6", "EV", "DL", "AA", "MQ", "US", "WN", "9E", "VX"],
        [190, 60, 95, 118, 82, 40, 44, 26, 15, 14],
        [4637, 4427, 4171, 3690, 2794, 2271, 1602, 996, 1573, 316],
    )
    hours = numbers(np.floor(random.normal(15, 3, 684)), np.floor(random.uniform(5, 24, 26_483)))
    steady = numbers(random.normal(0, 1, 684), random.normal(0, 1, 26_000))
    delay = Check("dep_delay", "completeness_check")
    carrier = Check("carrier", "baseline_drift_check")
    hour = Check("hour", "baseline_drift_check")
    weather = ("distance", "air_time", "temperature", "wind_speed")
    late = finding("hour", "baseline_drift_check", 0.26, 0.118, "71.1 % of values ≤ 16", "60.2 %")
    found = [
        finding("dep_delay", "completeness_check", 0.5, 0.062, "51.8 % of rows have no value", "1.8 %"),
        finding("dep_delay", "baseline_drift_check", 0.07, 0.12),
        finding("dep_delay", "data_type_check", 0.0, 0.06),
        finding("carrier", "baseline_drift_check", 0.112, 0.098, "8.8 % of values are 'B6'", "16.7 %"),
        finding("carrier", "completeness_check", 0.0, 0.06),
        replace(late, distances=Distances(0.41, 0.22, 2.9, 6, 23, 5, 23)),
        *(finding(name, "baseline_drift_check", 0.03, 0.1) for name in weather),
        *(finding(name, "completeness_check", 0.004, 0.06) for name in weather),
        Finding("visibility", "baseline_drift_check", Verdict.INSUFFICIENT_DATA, "", "", "", evidence(0.02, 0.31, 150)),
    ]
    rows = Offenders(tuple(f"{n:08x}-77ab-4c1e-9d21-{n * 7919:012x}" for n in range(100)), 354)
    context = ReportContext(
        "flights-daily",
        "late-arrivals",
        "flights-daily-22672140",
        "s3://acme-ml/flights/reports/flights-daily/2013/02/10/05",
        NEW_YORK,
        history(
            (delay, carrier, hour),
            [
                [0.2, 0.3, 0.1, 0.4, 0.2, 0.2, 0.35, 8.3],
                [0.5, 0.4, 0.6, None, 0.5, 0.7, 0.6, 0.9],
                [0.3, 0.2, 1.3, 0.2, 0.2, 0.5, 0.4, 1.4],
            ],
        ),
    )
    notes = ("usual variation of this baseline is unknown: only large changes are reported",)
    counted = {"dep_delay": delays, "carrier": carriers, "hour": hours, "distance": steady}
    return report_of(result(found, 684, notes, 3, counted, {delay: rows}), context)


def quiet() -> Report:
    """A window like its baseline."""
    found = [finding(f"feature_{n}", "baseline_drift_check", 0.01, 0.042) for n in range(20)]
    return report_of(result(found, 10_000), ReportContext("credit-hourly", "credit-scoring"))


def unjudged() -> Report:
    """Too few rows."""
    found = [Finding("age", "baseline_drift_check", Verdict.INSUFFICIENT_DATA, "", "", "", evidence(0.05, 0.31, 120))]
    return report_of(result(found, 120), ReportContext("credit-hourly"))


def original() -> Report:
    """A window judged as SageMaker does: distances without intervals, a table with other columns."""
    text = "Numerical distance: 0.31 exceeds numerical threshold: 0.1"
    counts = "Number of columns in current dataset: 3, Number of columns in baseline constraints: 2"
    extra = finding("", "extra_column_check", 1, 0.5)
    found = [
        replace(extra, evidence=None, observed="3", expected="2", description=counts, structural=True),
        Finding("age", "baseline_drift_check", Verdict.VIOLATION, "distance 0.31", "0.1", text),
        Finding("income", "completeness_check", Verdict.PASS, "100.0%", "100.0%", ""),
    ]
    settings = DataQuality(compatibility="SageMaker")
    return report_of(result(found), ReportContext("churn-hourly", data_quality=settings))


def wide(columns: int = 2_000, troubled: int = 40) -> Report:
    """Very many columns, more of them in trouble than are drawn."""
    random = np.random.default_rng(2)
    base = random.normal(100, 15, 20_000)
    found: list[Finding] = []
    comparisons = {}
    for number in range(columns):
        name = f"embedding.customer_profile.component_{number:04d}"
        bad = number % (columns // troubled) == 0
        size = 0.12 + 0.4 * random.random() if bad else 0.09 * random.random()
        found.append(finding(name, "baseline_drift_check", size, 0.1, "61.2 % of values ≤ 104", "48 %"))
        found.append(finding(name, "completeness_check", 0.01, 0.06))
        plain = ColumnComparison(ColumnCounts(500, 490), ColumnCounts(20_000, 19_700))
        comparisons[name] = numbers(random.normal(108, 18, 500), base) if bad else plain
    context = ReportContext("embeddings-hourly", "recommendations")
    return report_of(result(found, 10_000, comparisons=comparisons), context)


def hostile() -> Report:
    """Names and values of the traffic that try to become part of the page."""
    found = [
        finding(HOSTILE, "baseline_drift_check", 0.5, 0.1, HOSTILE, HOSTILE),
        finding("\u202egnp.exe", "completeness_check", 0.5, 0.1, "\x00\x1b[31m\ud800", "]]>"),
    ]
    values = [HOSTILE, "", " ", "-->", "]]>", '3.14159 #010101 id="x"', "\ud83d", "日本語\n\t"]
    comparison = categories(values, range(2, 10), range(9, 1, -1))
    key = Check(HOSTILE, "baseline_drift_check")
    offenders = {key: Offenders((HOSTILE,), 1)}
    found_in = result(found, 684, (HOSTILE,), 1, {HOSTILE: comparison}, offenders)
    return report_of(found_in, ReportContext(HOSTILE, HOSTILE, HOSTILE, HOSTILE))

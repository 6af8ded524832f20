"""What a window is compared with, and what the baseline's own windows do, against doing it by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.data_quality.rules import checks
from model_monitor_jobs.checks.data_quality.usual import Comparison
from model_monitor_jobs.profiles.baseline_profile import BaselineProfile, roles_of
from model_monitor_jobs.profiles.baseline_windows import count_baseline
from model_monitor_jobs.profiles.table import Tracking, profile
from model_monitor_jobs.profiles.windows import slot
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRACKING = {"pay": Tracking(np.linspace(-2, 2, 9)), "plan": Tracking(values=("a", "b", "c"))}
ROWS = 60


def traffic(moments: list[datetime], each: int = ROWS, seed: int = 1) -> pa.RecordBatch:
    """Rows of windows that begin at some moments; numbers move with the hour of day."""
    random = np.random.default_rng(seed)
    hours = np.repeat([moment.hour for moment in moments], each)
    rows = len(hours)
    pay = random.normal(np.sin(hours / 24 * 2 * np.pi), 1)
    return pa.record_batch(
        {
            "time": pa.array(np.repeat(np.array([int(m.timestamp()) for m in moments]), each) * 1_000_000).cast(
                pa.timestamp("us", "UTC")
            ),
            "pay": pa.array(pay, mask=random.random(rows) < 0.1),
            "plan": pa.array(random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])),
        }
    )


def reference(
    batch: pa.RecordBatch, length: timedelta, zone: str = "Etc/UTC", **segments: tuple[str, ...]
) -> Reference:
    table = profile([batch.drop_columns(["time"])])
    counted = count_baseline([batch], TRACKING, "time", [length], ZoneInfo(zone), segments)
    described = BaselineProfile(
        roles_of(["time", "pay", "plan"], ["pay", "plan"], "time"), zone, TRACKING, counted.whole, counted.windows
    )
    return Reference.of(
        read_statistics(to_json(statistics_document(table)), "statistics.json"),
        read_constraints(to_json(constraints_document(table)), "constraints.json"),
        frozenset(),
        described,
    )


def hours(days: int, every: int = 1) -> list[datetime]:
    return [START + timedelta(hours=n) for n in range(0, 24 * days, every)]


def cases(baseline: Reference) -> list[tuple[Any, Any]]:
    return [(check, column) for column in baseline.columns for check in checks() if check.applies(column)]


@pytest.mark.parametrize("compare_with", ["All", "HourOfDay", "DayOfWeek"])
def test_each_window_is_compared_with_the_others_like_it(compare_with: CompareWith) -> None:
    moments = hours(21, every=3)
    batch = traffic(moments)
    baseline = reference(batch, HOUR)
    comparison = Comparison(baseline, Window(START + timedelta(days=21), START + timedelta(days=21, hours=1)))
    assert comparison.resolved(compare_with) == compare_with
    own = {name: batch.column(name).to_pylist() for name in batch.schema.names}
    stamps = [int(moment.timestamp()) for moment in own["time"]]
    alike = {stamp: slot(stamp, compare_with, ZoneInfo("UTC")) for stamp in set(stamps)}
    for check, column in cases(baseline):
        history = comparison.of(column, (), compare_with).history(check, column)
        assert history is not None
        for place, moment in list(enumerate(moments))[::37]:
            stamp = int(moment.timestamp())
            inside = [row for row, at in enumerate(stamps) if at == stamp]
            others = [row for row, at in enumerate(stamps) if at != stamp and alike[at] == alike[stamp]]
            window, rest = (
                count_baseline([batch.take(pa.array(chosen))], TRACKING, None, [], ZoneInfo("UTC"), {}).whole[()][
                    column.name
                ]
                for chosen in (inside, others)
            )
            assert history.differences[place] == pytest.approx(float(check.usual_difference(window, rest, column)))
            assert history.counts[place] == check.size(window)
            assert history.reference_counts[place] == check.size(rest)


def test_leaving_a_window_out_is_the_difference_from_all_over_its_complement() -> None:
    """D(b, rest) = D(b, pool) / (1 - n_b/m), for what is linear in the reference's shares."""
    baseline = reference(traffic(hours(14)), HOUR)
    comparison = Comparison(baseline, Window(START + timedelta(days=14), START + timedelta(days=14, hours=1)))
    linear = [case for case in cases(baseline) if case[0].type in ("completeness_check", "baseline_drift_check")]
    assert len(linear) == 4
    for check, column in linear:
        compared = comparison.of(column, (), "All")
        history = compared.history(check, column)
        assert history is not None
        assert compared.windows is not None
        pool = check.difference(compared.windows, compared.windows.summed(np.zeros(14 * 24, np.int64)), column)
        left = 1 - history.counts / (history.counts + history.reference_counts)
        assert history.differences == pytest.approx(pool / left)


@pytest.mark.parametrize(
    ("days", "length", "asked", "expected"),
    [
        (7, 1, "Auto", "HourOfDay"),
        (6, 1, "Auto", "All"),
        (14, 6, "Auto", "HourOfDay"),
        (28, 12, "Auto", "All"),
        (28, 24, "Auto", "All"),
        (28, 12, "HourOfDay", "HourOfDay"),
        (28, 24, "DayOfWeek", "All"),
        (49, 24, "DayOfWeek", "DayOfWeek"),
        (48, 24, "DayOfWeek", "All"),
        (49, 1, "HourOfWeek", "HourOfWeek"),
        (42, 1, "HourOfWeek", "All"),
        (28, 1, "All", "All"),
    ],
)
def test_windows_are_compared_with_those_like_them_where_there_are_seven(
    days: int, length: int, asked: CompareWith, expected: CompareWith
) -> None:
    baseline = reference(traffic(hours(days, every=length)), timedelta(hours=length))
    # The last day of the week of which there may be one too few.
    start = START + timedelta(days=6 if days % 7 == 6 else 0)
    window = Window(start, start + timedelta(hours=length))
    assert Comparison(baseline, window).resolved(asked) == expected


@pytest.mark.parametrize("minutes", [0, 5, 25, -25])
def test_a_shifted_window_belongs_to_the_hour_that_it_mostly_covers(minutes: int) -> None:
    baseline = reference(traffic(hours(10)), HOUR)
    start = START + timedelta(days=10, hours=10, minutes=minutes)
    comparison = Comparison(baseline, Window(start, start + HOUR))
    column = baseline.columns[0]
    found = comparison.of(column, (), "Auto").reference
    windows = baseline.windows
    assert windows is not None
    of_ten = [place for place, at in enumerate(windows.starts.tolist()) if datetime.fromtimestamp(at, UTC).hour == 10]
    assert np.array_equal(found.cells, windows.counts[()][column.name].at(of_ten).total().cells)  # type: ignore[arg-type]


def test_one_stray_window_at_night_does_not_mix_the_hours() -> None:
    """A shop's traffic from 8 to 20, and one night a single run."""
    open_hours = [moment for moment in hours(10) if 8 <= moment.hour < 20]
    baseline = reference(traffic([*open_hours, START + timedelta(days=3, hours=2)]), HOUR)
    noon, night = (START + timedelta(days=11, hours=hour) for hour in (12, 2))
    comparison = Comparison(baseline, Window(noon, noon + HOUR))
    assert comparison.resolved("Auto") == "HourOfDay"
    for check, column in cases(baseline):
        history = comparison.of(column, (), "Auto").history(check, column)
        assert history is not None
        # What has no others like it teaches nothing.
        assert int((history.reference_counts == 0).sum()) == 1
    assert Comparison(baseline, Window(night, night + HOUR)).resolved("Auto") == "All"


def test_a_segment_has_windows_of_its_own() -> None:
    baseline = reference(traffic(hours(10)), HOUR, plan=("a", "b"))
    comparison = Comparison(baseline, Window(START + timedelta(days=10), START + timedelta(days=10, hours=1)))
    (pay,) = (column for column in baseline.columns if column.name == "pay")
    for check in checks():
        if check.applies(pay):
            whole, part = (comparison.of(pay, key, "All").history(check, pay) for key in ((), ("plan", "b")))
            assert whole is not None
            assert part is not None
            assert 0 < part.counts.sum() < whole.counts.sum()
            usual = comparison.usual(check, pay, ("plan", "b"), "All", 0.001, 0.02)
            assert (usual.variation is None) == (part.counts.max() < 30)


def test_a_bad_day_is_no_part_of_what_windows_are_compared_with() -> None:
    moments = hours(28, every=24)
    rows = 10 * ROWS
    batch = traffic(moments, rows)
    pay = batch.column("pay").to_numpy(zero_copy_only=False).copy()
    pay[13 * rows : 14 * rows] = 9.0
    bad = batch.set_column(1, "pay", pa.array(pay, from_pandas=True))
    window = Window(START + timedelta(days=28), START + timedelta(days=29))
    clean, spoilt = (reference(each, timedelta(days=1)) for each in (batch, bad))
    (shape,) = (
        check for check, column in cases(clean) if column.name == "pay" and check.type == "baseline_drift_check"
    )
    found = Comparison(spoilt, window).usual(shape, spoilt.columns[0], (), "All", 0.0005, 0.02)
    assert found.variation is not None
    assert found.variation.left_out == (13,)
    assert int(found.reference.rows) == 27 * rows
    undisturbed = Comparison(clean, window).usual(shape, clean.columns[0], (), "All", 0.0005, 0.02)
    assert undisturbed.variation is not None
    assert found.variation.worst == pytest.approx(undisturbed.variation.worst, rel=0.25)
    assert found.variation.tau_squared == pytest.approx(undisturbed.variation.tau_squared, abs=0.002)


def test_days_on_which_clocks_change_are_days() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 2, 12, tzinfo=zone)
    baseline = reference(traffic([first + timedelta(days=n) for n in range(30)]), timedelta(days=1), "Europe/Berlin")
    windows = baseline.windows
    assert windows is not None
    assert set(np.diff(windows.starts)) == {86_400, 82_800}
    for length in (23, 24, 25):
        start = datetime(2026, 3, 31, tzinfo=zone)
        comparison = Comparison(baseline, Window(start, start + timedelta(hours=length)))
        assert comparison.of(baseline.columns[0], (), "Auto").windows is not None


def test_coarse_windows_are_compared_on_their_own_cut_points() -> None:
    baseline = reference(traffic(hours(10)), HOUR)
    windows = baseline.windows
    assert windows is not None
    counts = dict(windows.counts[()])
    counts["pay"] = counts["pay"].coarser(4)
    rough = Reference(
        baseline.rows, baseline.columns, windows=type(windows)(windows.length, windows.starts, {(): counts})
    )
    comparison = Comparison(rough, Window(START + timedelta(days=10), START + timedelta(days=10, hours=1)))
    for compare_with in ("All", "HourOfDay"):
        assert comparison.of(rough.columns[0], (), compare_with).reference.step == 4

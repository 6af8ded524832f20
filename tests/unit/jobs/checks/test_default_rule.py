"""The default rule from files to findings: four weeks of hours are learned, then hours are judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.data_quality import DataQualityResult, run_data_quality
from model_monitor_jobs.runs.outcome import report_document, result_status
from model_monitor_jobs.storage import Storage

START = datetime(2026, 1, 5, tzinfo=UTC)
AFTER = START + timedelta(days=28)
ROWS = 300
HOUR = timedelta(hours=1)
Frame = dict[str, Any]


def frame(hours: int, first: int, seed: int) -> Frame:
    """Hours of traffic: pay moves with the hour of day by .5 sd, one plan in three is b, one pay in fifty missing."""
    random = np.random.default_rng(seed)
    hour = np.repeat(np.arange(first, first + hours), ROWS)
    rows = len(hour)
    return {
        "time": np.datetime64(START.replace(tzinfo=None), "us")
        + hour * np.timedelta64(3600, "s")
        + np.tile(np.arange(ROWS) * 12, hours) * np.timedelta64(1, "s"),
        "pay": np.where(
            random.random(rows) < 0.02, np.nan, random.normal(0.5 * np.sin(hour / 24 * 2 * np.pi), 1).round(4)
        ),
        "age": random.integers(18, 80, rows),
        "plan": random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]),
    }


def write(path: Path, columns: Frame) -> None:
    arrays = {name: pa.array(values, from_pandas=name != "time") for name, values in columns.items()}
    pq.write_table(pa.table(arrays), path)


@dataclass
class Place:
    folder: Path
    storage: Storage
    files: BaselineFiles

    def judge(
        self, columns: Frame, at: int = 0, hours: int = 1, segments: tuple[str, ...] = (), **settings: Any
    ) -> DataQualityResult:
        """Judge the hour `at` hours after the baseline's end, with the rows of a frame that lie in it."""
        write(self.folder / "today.parquet", columns)
        spec = {
            "baselineRef": {"name": "base"},
            "input": {"batch": {"dataURI": "pvc://data/today.parquet", "format": "Parquet"}},
            "columns": {"timestamp": "time", "segments": list(segments)},
            "output": {"uri": "pvc://data/results"},
            "dataQuality": settings,
        }
        start = AFTER + at * HOUR
        monitor = MonitoringScheduleSpec.model_validate(spec)
        return run_data_quality(monitor, self.files, Window(start, start + hours * HOUR), self.storage)

    def edited(self, edit: Callable[[dict[str, Any]], None]) -> Place:
        """The same with constraints.json edited by hand."""
        path = self.folder / self.files.constraints_uri.removeprefix("pvc://data/")
        document = json.loads(path.read_text())
        edit(document)
        (self.folder / "edited.json").write_text(json.dumps(document))
        return replace(self, files=self.files.model_copy(update={"constraints_uri": "pvc://data/edited.json"}))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    write(folder / "training.parquet", frame(28 * 24, 0, 1))
    storage = Storage({"pvc://data": folder})
    spec = BaselineSpec.model_validate(
        {
            "dataset": {"uri": "pvc://data/training.parquet", "format": "Parquet"},
            "columns": {"timestamp": "time", "segments": ["plan"]},
            "output": {"uri": "pvc://data/base"},
        }
    )
    return Place(folder, storage, make_baseline(spec, storage).files)


def hour(at: int = 0, seed: int = 100) -> Frame:
    return frame(1, 28 * 24 + at, seed + at)


def violations(result: DataQualityResult) -> set[tuple[str, str]]:
    return {(finding.column, finding.check) for finding in result.violations}


def one(result: DataQualityResult, column: str, check: str, segment: tuple[str, ...] = ()) -> Finding:
    (found,) = (f for f in result.findings if (f.column, f.check, f.segment) == (column, check, segment))
    return found


def override(**fields: Any) -> dict[str, Any]:
    return {"overrides": [fields]}


@pytest.mark.parametrize("compare_with", ["Auto", "All", "DayOfWeek"])
def test_two_days_of_the_same_traffic_are_silent(place: Place, compare_with: str) -> None:
    results = [place.judge(hour(at), at, compareWith=compare_with) for at in range(0, 48, 3)]
    # One run in a hundred may have a false violation.
    assert sum(bool(result.violations) for result in results) <= 1
    assert all(
        finding.evidence is not None and finding.evidence.learned for result in results for finding in result.findings
    )
    limits = {
        finding.column: finding.evidence.limit
        for finding in results[0].findings
        if finding.check == "baseline_drift_check" and finding.evidence
    }
    # Against all hours, the season itself is usual variation.
    assert limits["pay"] < 0.16 if compare_with == "Auto" else limits["pay"] > 0.2
    assert limits["age"] < 0.16


def test_a_shift_is_seen_where_it_is(place: Place) -> None:
    moved = hour(7)
    moved["pay"] = moved["pay"] + 0.7
    result = place.judge(moved, 7)
    assert violations(result) == {("pay", "baseline_drift_check")}
    assert violations(place.judge(moved, 7, compareWith="All")) == set(), "among all hours it is not unusual"
    found = one(result, "pay", "baseline_drift_check")
    assert found.evidence is not None
    assert found.evidence.typical is not None
    assert found.evidence.typical < found.evidence.limit < found.evidence.difference
    alike = pq.read_table(place.folder / "training.parquet").to_pandas()
    alike = alike[alike["time"].dt.hour == 7]["pay"].dropna()
    exact = ks_2samp(moved["pay"][~np.isnan(moved["pay"])], alike).statistic
    assert found.evidence.difference == pytest.approx(exact, abs=1 / 256)


def test_the_same_hour_without_stamps_is_held_to_ten_points(place: Place) -> None:
    files = place.files.model_copy(update={"profile_uri": None})
    moved = hour(12)
    moved["pay"] = moved["pay"] + 0.3
    result = replace(place, files=files).judge(moved, 12)
    assert violations(result) == set()
    found = one(result, "pay", "baseline_drift_check")
    assert found.evidence is not None
    assert not found.evidence.learned
    assert found.evidence.limit > 0.1
    assert any("usual variation of this baseline is unknown" in note for note in result.notes)


def test_an_override_for_a_column_and_check_holds_for_these_alone(place: Place) -> None:
    moved = hour(7)
    moved["pay"] = np.where(np.arange(ROWS) % 2 == 0, np.nan, moved["pay"] + 0.9)
    both = {("pay", "baseline_drift_check"), ("pay", "completeness_check")}
    assert violations(place.judge(moved, 7)) == both
    assert violations(place.judge(moved, 7, **override(columns=["age"], enabled=False))) == both
    assert violations(place.judge(moved, 7, **override(columns=["pay"], enabled=False))) == set()
    drift = override(checks=["baseline_drift_check"], columns=["pay"], threshold=0.9)
    assert violations(place.judge(moved, 7, **drift)) == both - {("pay", "baseline_drift_check")}
    off_and_on: dict[str, Any] = {
        "overrides": [
            {"columns": ["pay"], "enabled": False},
            {"columns": ["pay"], "checks": ["completeness_check"], "enabled": True},
        ]
    }
    assert violations(place.judge(moved, 7, **off_and_on)) == {("pay", "completeness_check")}
    # What does not speak of being judged leaves that as it is.
    off: dict[str, Any] = {
        "overrides": [{"columns": ["pay"], "enabled": False}, {"checks": ["completeness_check"], "threshold": 0.1}]
    }
    assert violations(place.judge(moved, 7, **off)) == set()


def test_of_several_overrides_the_later_one_holds_field_by_field(place: Place) -> None:
    fitting = [
        {"threshold": 0.3, "alpha": 0.1},
        {"columns": ["pay"], "threshold": 0.4},
        {"columns": ["pay"], "compareWith": "All"},
    ]
    found = {
        finding.column: finding.evidence
        for finding in place.judge(hour(7), 7, overrides=fitting).findings
        if finding.check == "completeness_check"
    }
    assert found["pay"] is not None
    assert found["age"] is not None
    assert (found["pay"].limit, found["age"].limit) == (0.4, 0.3)
    stricter, looser = (
        one(place.judge(hour(7), 7, alpha=alpha), "age", "baseline_drift_check").evidence for alpha in (0.001, 0.2)
    )
    assert stricter is not None
    assert looser is not None
    assert stricter.limit > looser.limit


def asked(check: str, threshold: float, **more: Any) -> dict[str, Any]:
    return override(checks=[check], columns=["pay", "plan"], threshold=threshold, **more)


def test_distances_that_are_asked_for_are_judged_by_their_own_thresholds(place: Place) -> None:
    moved = hour(7)
    moved["pay"] = moved["pay"] + 2.0
    moved["plan"] = np.where(np.arange(ROWS) % 2 == 0, "c", moved["plan"])
    training = pq.read_table(place.folder / "training.parquet").to_pandas()
    pay, plans = moved["pay"][~np.isnan(moved["pay"])], sorted(set(training["plan"]))
    now, then = (
        np.array([*(np.sum(values == plan) for plan in plans), 0]) + 0.5 for values in (moved["plan"], training["plan"])
    )
    now, then = now / now.sum(), then / then.sum()
    expected = {
        ("plan", "population_stability_index_check"): float(np.sum((now - then) * np.log(now / then))),
        ("plan", "jensen_shannon_distance_check"): float(jensenshannon(now, then, base=2)),
        ("pay", "wasserstein_distance_check"): wasserstein_distance(pay, training["pay"].dropna()),
        ("pay", "range_check"): (pay.max() - training["pay"].max()) / (training["pay"].max() - training["pay"].min()),
    }
    for (column, check), value in expected.items():
        seen = one(place.judge(moved, 7, **asked(check, 0.01)), column, check)
        assert seen.evidence is not None
        assert seen.evidence.difference == pytest.approx(value, rel=0.02, abs=1e-9)
        assert seen.verdict is (Verdict.VIOLATION if value > seen.evidence.limit else Verdict.PASS)
        assert one(place.judge(moved, 7, **asked(check, 5.0)), column, check).verdict is Verdict.PASS
    assert not {check for _, check in expected} & {finding.check for finding in place.judge(moved, 7).findings}


def test_a_distance_may_take_the_place_of_the_drift_check(place: Place) -> None:
    moved = hour(7)
    moved["pay"] = moved["pay"] + 2.0
    settings: dict[str, Any] = {
        "overrides": [
            {"checks": ["baseline_drift_check"], "enabled": False},
            {"checks": ["population_stability_index_check"], "threshold": 0.2},
        ]
    }
    result = place.judge(moved, 7, **settings)
    assert violations(result) == {("pay", "population_stability_index_check")}
    assert "baseline_drift_check" not in {finding.check for finding in result.findings}


def test_a_share_of_rows_is_no_threshold_of_a_distance(place: Place) -> None:
    named = override(checks=["wasserstein_distance_check"], alpha=0.05)
    checks = {finding.check for finding in place.judge(hour(7), 7, threshold=0.05, **named).findings}
    assert "wasserstein_distance_check" not in checks


def test_a_change_in_one_segment_is_found_there(place: Place) -> None:
    moved = hour(7)
    of_b = moved["plan"] == "b"
    moved["pay"] = np.where(of_b & (np.arange(ROWS) % 4 > 0), np.nan, moved["pay"])
    result = place.judge(moved, 7, segments=("plan",))
    place_of_b = one(result, "pay", "completeness_check", ("plan", "b"))
    assert place_of_b.violated
    assert not one(result, "pay", "completeness_check", ("plan", "a")).violated
    assert one(result, "pay", "completeness_check", ("plan", "c")).verdict is Verdict.INSUFFICIENT_DATA
    keys = [finding.key for finding in result.findings]
    assert len(set(keys)) == len(keys), "each has an alert of its own"
    status = result_status(result, None)
    told = {(found.column, found.segment.value if found.segment else None) for found in status.violations or ()}
    assert ("pay", "b") in told
    document = report_document(result, {})
    (found,) = (
        each
        for each in document["findings"]
        if each.get("segment") == {"column": "plan", "value": "b"}
        and each["check"] == "completeness_check"
        and each["column"] == "pay"
    )
    rows = np.flatnonzero(of_b & np.isnan(moved["pay"]))
    assert found["offendingRows"]["total"] == len(rows)
    numbers = [int(identity.rsplit(":", 1)[1]) for identity in found["offendingRows"]["ids"]]
    assert len(numbers) == min(100, len(rows))
    assert set(numbers) <= set((rows + 1).tolist())


def test_an_override_of_nothing_that_exists_is_noted(place: Place) -> None:
    fine = place.judge(hour(7), 7, **override(columns=["pay"], checks=["range_check"], threshold=9.0)).notes
    assert not any("overrides" in note for note in fine)
    notes = place.judge(
        hour(7), 7, **override(columns=["pay", "Age"], checks=["completness_check"], threshold=0.5)
    ).notes
    assert "dataQuality.overrides: no column 'Age' in the data or the baseline; check the spelling" in notes
    assert any("dataQuality.overrides: no check 'completness_check'; there are" in note for note in notes)


def test_overrides_turn_off_what_is_said_of_the_table(place: Place) -> None:
    other = {name: values for name, values in hour(7).items() if name != "plan"} | {"debug": np.ones(ROWS)}
    missing, extra = ("", "missing_column_check"), ("", "extra_column_check")
    assert violations(place.judge(other, 7)) == {missing, extra}
    assert violations(place.judge(other, 7, **override(checks=["extra_column_check"], enabled=False))) == {missing}
    assert violations(place.judge(other, 7, **override(columns=["plan"], enabled=False))) == {extra}
    of_another = override(columns=["pay"], checks=["missing_column_check"], enabled=False)
    assert violations(place.judge(other, 7, **of_another)) == {missing, extra}


def test_segments_share_the_chance_of_a_false_violation(place: Place) -> None:
    whole, apart = (
        one(place.judge(hour(7), 7, segments=segments), "age", "baseline_drift_check").evidence
        for segments in ((), ("plan",))
    )
    assert whole is not None
    assert apart is not None
    assert apart.noise > whole.noise
    with pytest.raises(ConfigurationError, match="the baseline was not made with 'age'"):
        place.judge(hour(7), 7, segments=("age",))


def feature(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in document["features"] if each["name"] == name)


def test_an_edited_domain_is_followed(place: Place) -> None:
    def without_c(document: dict[str, Any]) -> None:
        feature(document, "plan")["string_constraints"]["domains"] = ["a", "b"]

    def with_d(document: dict[str, Any]) -> None:
        feature(document, "plan")["string_constraints"]["domains"] = ["a", "b", "c", "d"]

    result = place.edited(without_c).judge(hour(7), 7)
    assert violations(result) == {("plan", "categorical_values_check")}
    moved = hour(7)
    moved["plan"] = np.where(np.arange(ROWS) % 10 == 0, "d", moved["plan"])
    assert ("plan", "categorical_values_check") in violations(place.judge(moved, 7))
    assert ("plan", "categorical_values_check") not in violations(place.edited(with_d).judge(moved, 7))


def test_a_feature_taken_off_is_not_judged_and_one_put_in_is_missed(place: Place) -> None:
    def without_pay(document: dict[str, Any]) -> None:
        document["features"].remove(feature(document, "pay"))

    result = place.edited(without_pay).judge(hour(7) | {"pay": np.full(ROWS, 9.0)}, 7)
    assert not result.violations
    assert "pay" not in {finding.column for finding in result.findings}

    def with_height(document: dict[str, Any]) -> None:
        document["features"].append(feature(document, "age") | {"name": "height"})

    result = place.edited(with_height).judge(hour(7), 7)
    assert {finding.check for finding in result.violations} == {"missing_column_check"}
    result = place.edited(with_height).judge(hour(7) | {"height": np.arange(ROWS)}, 7)
    assert not result.violations
    assert any("no statistics of height" in note for note in result.notes)


def test_an_edited_type_is_a_promise(place: Place) -> None:
    def whole_pay(document: dict[str, Any]) -> None:
        feature(document, "pay")["inferred_type"] = "Integral"

    assert violations(place.edited(whole_pay).judge(hour(7), 7)) == {("pay", "data_type_check")}

    def text_age(document: dict[str, Any]) -> None:
        edited = feature(document, "age")
        edited.pop("num_constraints", None)
        edited["inferred_type"] = "String"

    result = place.edited(text_age).judge(hour(7), 7)
    assert not result.violations
    assert {finding.check for finding in result.findings if finding.column == "age"} == {"completeness_check"}


def test_a_window_of_another_length_says_so(place: Place) -> None:
    result = place.judge(frame(2, 28 * 24, 7), 0, hours=2)
    assert any("it knows windows of PT1H, P1D, this one has PT2H: add it to windows" in note for note in result.notes)
    assert all(not finding.evidence.learned for finding in result.findings if finding.evidence)


def test_values_beyond_a_baseline_of_one_value_are_measured_in_units_of_it(tmp_path: Path) -> None:
    constant = frame(24 * 14, 0, 3) | {"pay": np.full(24 * 14 * ROWS, 4.0)}
    write(tmp_path / "training.parquet", constant)
    storage = Storage({"pvc://data": tmp_path})
    spec = BaselineSpec.model_validate(
        {
            "dataset": {"uri": "pvc://data/training.parquet", "format": "Parquet"},
            "columns": {"timestamp": "time"},
            "output": {"uri": "pvc://data/base"},
        }
    )
    other = Place(tmp_path, storage, make_baseline(spec, storage).files)
    result = other.judge(hour(7) | {"pay": np.full(ROWS, 6.0)}, 7, **asked("range_check", 0.2))
    found = one(result, "pay", "range_check")
    assert found.violated
    assert found.evidence is not None
    assert found.evidence.difference == 0.5
    assert one(result, "pay", "baseline_drift_check").violated

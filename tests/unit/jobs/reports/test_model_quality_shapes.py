"""Confusion, curves, calibration and errors as they are drawn, against doing it by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.reports.html.model_quality.confusion import MOST_CLASSES, confusion_of
from model_monitor_jobs.reports.html.model_quality.curves import MOST_POINTS, calibration_of, curves_of
from model_monitor_jobs.reports.html.model_quality.errors import QUANTILES, errors_of
from tests.report.performance import BINARY, binary, multiclass, profile_of, regression

ROWS = binary(4_000, 1.8, 11)
PROFILE = profile_of(BINARY, ROWS)


def test_a_confusion_matrix_has_labels_down_and_answers_across() -> None:
    found = confusion_of(PROFILE, profile_of(BINARY, binary(9_000, 2.2, 12)))
    assert found is not None
    expected = confusion_matrix(ROWS.actual, ROWS.predicted)
    assert [[cell.count for cell in row.cells] for row in found.rows] == expected.tolist()
    assert [row.total for row in found.rows] == expected.sum(axis=1).tolist()
    assert found.rows[1].cells[0].share == pytest.approx(expected[1, 0] / expected[1].sum())
    assert [cell.right for cell in found.rows[1].cells] == [False, True]
    assert sum(cell.baseline or 0 for cell in found.rows[0].cells) == pytest.approx(1)


@given(st.integers(2, 30), st.integers(0, 10_000))
@settings(max_examples=25)
def test_however_many_classes_every_row_is_in_one_cell(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    classes = tuple(f"c{place:02d}" for place in range(count))
    actual, predicted = random.integers(0, count, 300), random.integers(0, count, 300)
    rows = LabelledRows(actual, predicted, None, random.integers(0, 64, 300), classes)
    found = confusion_of(profile_of(Problem("MulticlassClassification", classes), rows), None)
    assert found is not None
    assert len(found.rows) == len(found.answers) == min(count, MOST_CLASSES)
    assert found.together == (count - MOST_CLASSES + 1 if count > MOST_CLASSES else 0)
    assert sum(cell.count for row in found.rows for cell in row.cells) == 300
    right = sum(cell.count for row in found.rows for cell in row.cells if cell.right)
    shown = {int(answer[1:]) for answer in found.answers if answer.startswith("c")}
    assert right == sum(a == p and a in shown for a, p in zip(actual.tolist(), predicted.tolist(), strict=True))


def test_the_most_frequent_classes_stand_apart_and_the_rest_together() -> None:
    classes = tuple(f"c{place:02d}" for place in range(20))
    problem = Problem("MulticlassClassification", classes)
    found = confusion_of(profile_of(problem, multiclass(6_000, classes, 0.9, 1)), None)
    assert found is not None
    # `multiclass` makes the first ones the most frequent.
    assert found.answers == (*classes[:11], "9 other labels")
    assert not found.rows[-1].cells[-1].right


def test_a_class_that_only_the_baseline_has_is_there() -> None:
    now, then = (
        profile_of(Problem("MulticlassClassification", names), multiclass(500, names, 0.9, 1))
        for names in (("a", "b"), ("a", "b", "c"))
    )
    found = confusion_of(now, then)
    assert found is not None
    assert found.answers == ("a", "b", "c")
    assert [cell.share for cell in found.rows[2].cells] == [None] * 3
    assert sum(cell.baseline or 0 for cell in found.rows[2].cells) == pytest.approx(1)


def test_curves_are_those_of_scikit_learn() -> None:
    roc, precisions = curves_of(PROFILE, None)
    assert ROWS.score is not None
    false, true, _ = roc_curve(ROWS.actual, ROWS.score, drop_intermediate=False)
    for reading in roc.readings:
        assert reading.window == pytest.approx(np.interp(reading.at, false, true))
        assert reading.baseline is None
    precision, recall, _ = precision_recall_curve(ROWS.actual, ROWS.score)
    for reading in precisions.readings[:-1]:
        assert reading.window == pytest.approx(np.interp(reading.at, recall[::-1], precision[::-1]), abs=0.01)
    assert precisions.chance[0][1] == pytest.approx(ROWS.actual.mean())


def test_drawn_curves_are_few_points_of_the_whole() -> None:
    curves = curves_of(PROFILE, profile_of(BINARY, binary(20_000, 2.2, 12)))
    assert ROWS.score is not None
    false, true, _ = roc_curve(ROWS.actual, ROWS.score, drop_intermediate=False)
    every = set(zip(false.tolist(), true.tolist(), strict=True))
    assert set(curves[0].window) <= every
    assert (curves[0].window[0], curves[0].window[-1]) == ((0, 0), (1, 1))
    assert max(len(points) for each in curves for points in (each.window, each.baseline)) <= MOST_POINTS


def test_without_probabilities_or_without_both_labels_there_are_no_curves() -> None:
    plain = LabelledRows(ROWS.actual, ROWS.predicted, None, ROWS.blocks, ROWS.classes)
    assert curves_of(profile_of(BINARY, plain), None) == ()
    assert calibration_of(profile_of(BINARY, plain), None) is None
    one = profile_of(BINARY, ROWS.at(ROWS.actual == 0))
    assert curves_of(one, None) == ()
    # A baseline of one label has no ROC curve, the window has.
    assert curves_of(PROFILE, one)[0].baseline == ()
    assert errors_of(PROFILE, None) is None


def test_calibration_counts_tenths_of_probabilities() -> None:
    found = calibration_of(PROFILE, None)
    assert found is not None
    assert ROWS.score is not None
    tenth = np.minimum((ROWS.score * 10).astype(int), 9)
    assert sum(each.share for each in found.window) == pytest.approx(1)
    for place, each in enumerate(found.window):
        chosen = tenth == place
        assert each.share == pytest.approx(chosen.mean())
        assert each.probability == pytest.approx(ROWS.score[chosen].mean())
        assert each.observed is not None
        assert each.observed.value == pytest.approx(ROWS.actual[chosen].mean())
        assert each.observed.low is not None
        assert each.observed.high is not None
        assert each.observed.low <= each.observed.value <= each.observed.high


def test_errors_are_answers_less_labels() -> None:
    problem = Problem("Regression")
    rows, before = regression(1_500, 1.0, 2.0, 3), regression(1_800, 1.0, 0.0, 4)
    found = errors_of(profile_of(problem, rows), profile_of(problem, before))
    assert found is not None
    assert found.distribution is not None
    shares = np.array(QUANTILES)
    for quantile, now, then in zip(
        found.quantiles,
        np.quantile(rows.predicted - rows.actual, shares, method="inverted_cdf"),
        np.quantile(before.predicted - before.actual, shares, method="inverted_cdf"),
        strict=True,
    ):
        assert (quantile.window, quantile.baseline) == (f"{now:.4g}", f"{then:.4g}")
    sides = [side for side in (found.distribution.below, found.distribution.above) if side is not None]
    assert sum(each.window for each in (*found.distribution.bins, *sides)) == pytest.approx(1, abs=2e-3)

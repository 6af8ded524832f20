"""The default rule on metrics: how often it is wrong, what it sees, and what it leaves out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.checks.model_quality.default import compare, judged_metrics
from model_monitor_jobs.checks.model_quality.measured import measure
from model_monitor_jobs.checks.model_quality.metrics import values
from model_monitor_jobs.checks.model_quality.reference import Performance, Reference
from model_monitor_jobs.checks.model_quality.usual import RELATIVE, difference
from model_monitor_jobs.checks.model_quality.words import direction, shown
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.hashes import hash_numbers
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance, PerformanceWindows
from model_monitor_jobs.profiles.performance.by_problem import empty_counts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.performance.rows import LabelledRows, block_of

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BINARY = Problem("BinaryClassification", ("0", "1"))
REGRESSION = Problem("Regression")


def rows(problem: Problem, count: int, seed: int, *, noise: float = 1.0, effect: float = 0.0) -> LabelledRows:
    """Rows of a model; `noise` is how much of its error there is, `effect` how far the whole window strays."""
    source = np.random.RandomState(seed)
    x = source.normal(size=count)
    blocks = block_of(hash_numbers(np.arange(count, dtype=np.float64)))
    if problem.type == "Regression":
        return LabelledRows(x + (noise + effect) * source.normal(size=count), x, None, blocks)
    score = 1 / (1 + np.exp(-1.5 * x))
    chance = 1 / (1 + np.exp(-1.5 * x / (noise + effect)))
    actual = (source.random_sample(count) < chance).astype(np.int64)
    return LabelledRows(actual, (score > 0.5).astype(np.int64), score, blocks, problem.classes)


def profile(problem: Problem, *parts: LabelledRows) -> PerformanceProfile:
    made = PerformanceProfile.empty(problem, scored=problem.type != "Regression")
    for part in parts:
        made.update(part)
    return made


def reference(problem: Problem, parts: list[LabelledRows]) -> Reference:
    """A baseline of one day for each part."""
    scored = problem.type != "Regression"
    counts = empty_counts(problem, len(parts), scored=scored)
    for place, part in enumerate(parts):
        counts.update(part, np.full(len(part), place))
    starts = np.array([int((START + place * DAY).timestamp()) for place in range(len(parts))])
    whole = profile(problem, *parts)
    windows = (PerformanceWindows(DAY, starts, {(): counts}),)
    baseline = BaselinePerformance(problem, scored, {}, {(): whole}, windows)
    return Reference(problem, {}, whole.rows, baseline, {(): measure(whole.counts, whole.overall)})


def judge(known: Reference, part: LabelledRows, coverage: LabelCoverage | None = None, **settings: Any) -> Judgement:
    made = profile(known.problem, part)
    performance = Performance(made, measure(made.counts, made.overall))
    window = Window(START + 40 * DAY, START + 41 * DAY)
    chosen = ModelQuality.model_validate(settings)
    evaluate = partial(values, costs=chosen.costs)
    enough = coverage or LabelCoverage(len(part), len(part), 0.8)
    return compare(
        known, {(): performance}, chosen, {(): enough}, evaluate, window, scored=known.problem.type != "Regression"
    )


@pytest.mark.parametrize("problem", [BINARY, REGRESSION], ids=lambda problem: problem.type)
@pytest.mark.parametrize("effects", [0.0, 0.15])
def test_unchanged_windows_are_hardly_ever_violations(problem: Problem, effects: float) -> None:
    strays = np.random.RandomState(7).normal(size=228) * effects
    known = reference(problem, [rows(problem, 500, day, effect=strays[day]) for day in range(28)])
    found = [judge(known, rows(problem, 500, 100 + n, effect=strays[28 + n])).findings[0] for n in range(200)]
    assert all(finding.evidence is not None and finding.evidence.learned for finding in found)
    # One in a hundred is allowed for; of 200 that is 2, and 8 or more has a chance of 1 in 1,000.
    assert sum(finding.violated for finding in found) < 8


@pytest.mark.parametrize("problem", [BINARY, REGRESSION], ids=lambda problem: problem.type)
def test_a_model_that_got_worse_is_a_violation(problem: Problem) -> None:
    known = reference(problem, [rows(problem, 500, day) for day in range(28)])
    found = [judge(known, rows(problem, 500, 100 + n, noise=2.0)).findings[0] for n in range(20)]
    assert sum(finding.violated for finding in found) == 20
    assert all(finding.description.endswith("worse") for finding in found)
    assert found[0].evidence is not None
    assert found[0].evidence.low < found[0].evidence.difference < found[0].evidence.high


def test_usual_variation_widens_the_limit() -> None:
    strays = np.random.RandomState(7).normal(size=28) * 0.3
    steady = reference(REGRESSION, [rows(REGRESSION, 500, day) for day in range(28)])
    varied = reference(REGRESSION, [rows(REGRESSION, 500, day, effect=strays[day]) for day in range(28)])
    limits = [judge(known, rows(REGRESSION, 500, 99)).findings[0].evidence for known in (steady, varied)]
    assert limits[0] is not None
    assert limits[1] is not None
    assert limits[1].limit > 3 * limits[0].limit


def test_one_bad_day_of_the_baseline_is_left_out() -> None:
    days = [rows(BINARY, 500, day, noise=20.0 if day == 9 else 1.0) for day in range(28)]
    judgement = judge(reference(BINARY, days), rows(BINARY, 500, 99, noise=3.0))
    assert judgement.left_out == {"2026-01-10": 1}
    assert judgement.findings[0].violated
    without = judge(reference(BINARY, days[:9] + days[10:]), rows(BINARY, 500, 99, noise=3.0))
    assert judgement.findings[0].expected == without.findings[0].expected


def test_without_windows_only_large_changes_count() -> None:
    known = reference(BINARY, [rows(BINARY, 500, day) for day in range(28)])
    assert known.baseline is not None
    bare = replace(known, baseline=replace(known.baseline, windows=()))
    for noise, verdict in ((1.5, Verdict.PASS), (4.0, Verdict.VIOLATION)):
        (finding,) = judge(bare, rows(BINARY, 2000, 99, noise=noise)).findings
        assert finding.verdict is verdict
        assert finding.evidence is not None
        assert not finding.evidence.learned
        assert finding.evidence.limit > 0.1


def test_why_nothing_can_be_said() -> None:
    known = reference(BINARY, [rows(BINARY, 500, day) for day in range(28)])
    few = rows(BINARY, 100, 99)
    one_class = replace(rows(BINARY, 500, 99), actual=np.ones(500, dtype=np.int64))
    cases: Mapping[str, Judgement] = {
        "100 rows with a label are too few": judge(known, few),
        "all 500 labels are 1": judge(known, one_class),
        "300 of 500 records have a label (60.0 %), 80.0 % are needed": judge(
            known, rows(BINARY, 300, 99), LabelCoverage(500, 300, 0.8)
        ),
        "it rests on 20 rows, at least 30 are needed": judge(known, _with_positives(20), metrics=["recall"]),
    }
    for reason, judgement in cases.items():
        (finding,) = judgement.findings
        assert finding.verdict is Verdict.INSUFFICIENT_DATA
        assert reason in finding.description


def _with_positives(count: int) -> LabelledRows:
    actual = np.zeros(400, dtype=np.int64)
    actual[:count] = 1
    return replace(rows(BINARY, 400, 99), actual=actual)


def test_a_few_rows_may_speak_where_they_say_much() -> None:
    known = reference(BINARY, [rows(BINARY, 500, day) for day in range(28)])
    upside_down = rows(BINARY, 120, 99)
    (finding,) = judge(known, replace(upside_down, actual=1 - upside_down.actual)).findings
    assert finding.verdict is Verdict.VIOLATION


def test_thresholds_of_ones_own_replace_the_floor() -> None:
    known = reference(REGRESSION, [rows(REGRESSION, 5000, day) for day in range(28)])
    worse = rows(REGRESSION, 20_000, 99, noise=1.1)
    assert judge(known, worse).findings[0].violated
    assert not judge(known, worse, threshold=0.3).findings[0].violated


def test_which_metrics_are_judged() -> None:
    assert judged_metrics(ModelQuality(), BINARY, scored=True) == ("auc",)
    assert judged_metrics(ModelQuality(), BINARY, scored=False) == ("f1",)
    assert judged_metrics(ModelQuality(), REGRESSION, scored=False) == ("mae",)
    assert judged_metrics(ModelQuality(), Problem("MulticlassClassification"), scored=False) == ("accuracy",)
    with pytest.raises(ConfigurationError, match=r"spec\.modelQuality\.metrics: 'lift' needs probabilities"):
        judged_metrics(ModelQuality(metrics=["lift"]), BINARY, scored=False)


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6), st.floats(0.001, 1000))
def test_a_relative_change_does_not_depend_on_the_unit(value: float, baseline: float, unit: float) -> None:
    for metric in sorted(RELATIVE):
        expected = difference(metric, value, baseline)
        assert difference(metric, value * unit, baseline * unit) == pytest.approx(expected)
    assert difference("auc", value, baseline) == pytest.approx(abs(value - baseline))


def test_metrics_in_words() -> None:
    assert direction("auc", 0.7, 0.8) == direction("mae", 8, 7) == "worse"
    assert direction("auc", 0.9, 0.8) == direction("log_loss", 0.1, 0.2) == "better"
    assert (shown("auc", 0.71234), shown("mae", 1234.56), shown("auc", math.nan)) == ("0.712", "1235", "undefined")

"""The default rule on bias metrics: scales, ranges, sizes of facets, and how often it is wrong."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from model_monitor_crds.bias import ModelBias
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias.default import Known, compare, judged_metrics
from model_monitor_jobs.checks.bias.measured import measure
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.bias import BiasCounts, BiasProblem, BiasProfile, Extents, Facet, Selection
from model_monitor_jobs.profiles.bias.baseline import BaselineBias, read_baseline_bias
from model_monitor_jobs.profiles.by_window import EVERYTHING, WindowCounts
from model_monitor_jobs.sagemaker.analysis import SECTIONS
from model_monitor_jobs.sagemaker.bias_drift import BiasConstraint

PROBLEM = BiasProblem((Facet("sex", Selection(("F",))),), Selection(("1",)))
DAYS = 28
DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(START + 60 * DAY, START + 61 * DAY)
CLARIFYS = {name for names in SECTIONS.values() for name in names}


def table(random: np.random.RandomState, rows: int, positive: tuple[float, float]) -> Any:
    """Counts (1, 2, 3, 3) of rows, half of them of each side, with their shares of positive answers and labels."""
    made = np.zeros((1, 2, 3, 3), dtype=np.int64)
    for side, share in enumerate(positive):
        chances = np.outer([1 - share, share], [1 - share, share]).reshape(-1)
        made[0, side, :2, :2] = random.multinomial(rows // 2, chances).reshape(2, 2)
    return made


def counts(tables: list[Any]) -> BiasCounts:
    stacked = np.stack(tables)
    return BiasCounts(PROBLEM, stacked, np.zeros((len(tables), 1), dtype=np.int64))


def reference(random: np.random.RandomState, rows: int = 600, share: float = 0.5) -> BiasReference:
    by_day = counts([table(random, rows, (share, share)) for _ in range(DAYS)])
    starts = int(START.timestamp()) + 86_400 * np.arange(DAYS)
    windows = (WindowCounts(DAY, starts, {EVERYTHING: by_day}),)
    whole = BiasProfile(by_day.total(), Extents.empty(1))
    baseline = BaselineBias(PROBLEM, {"sex": "feature"}, whole, windows)
    measured = measure(whole.counts)
    made = (
        BiasConstraint("sex", "F", name, metric.value)
        for name, metric in measured[0].items()
        if metric.defined and name in CLARIFYS
    )
    return BiasReference(PROBLEM, {each.key: each for each in made}, rows * DAYS, baseline, measured)


def judge(
    against: BiasReference, window: Any, coverage: LabelCoverage | None = None, **settings: Any
) -> dict[str, Finding]:
    found = counts([window])
    known = Known(labels=True, answers=True, coverage=coverage or LabelCoverage(600, 600, 0.8))
    judgement = compare(against, found, measure(found), ModelBias.model_validate(settings), known, WINDOW)
    return {finding.check: finding for finding in judgement.findings}


def test_false_violations_are_as_rare_as_alpha_says() -> None:
    random = np.random.RandomState(20_220_711)
    against = reference(random)
    runs = [judge(against, table(random, 600, (0.5, 0.5))) for _ in range(120)]
    violated = sum(finding.violated for run in runs for finding in run.values())
    assert violated <= 4, "1 in 100 is expected of 120 runs; 5 or more have a chance below 1 in 100"
    assert all(len(run) == 2 for run in runs)


def test_a_change_of_either_direction_is_seen() -> None:
    random = np.random.RandomState(1)
    against = reference(random)
    for positive, words in (((0.6, 0.35), "further from"), ((0.35, 0.6), "further from")):
        finding = judge(against, table(random, 2_000, positive))["dppl_check"]
        assert finding.verdict is Verdict.VIOLATION
        assert words in finding.description


def test_the_verdict_does_not_depend_on_which_side_is_named() -> None:
    random = np.random.RandomState(2)
    against = reference(random, share=0.3)
    window = table(random, 1_000, (0.3, 0.4))
    swapped = window[:, ::-1]
    settings: dict[str, Any] = {"metrics": ["DI", "DPPL"]}
    one, other = judge(against, window, **settings), judge(against, swapped, **settings)
    assert one["dppl_check"].evidence is not None
    assert other["dppl_check"].evidence is not None
    assert one["dppl_check"].evidence.limit == pytest.approx(other["dppl_check"].evidence.limit, rel=0.05)
    # |ln| is the same for a ratio and its reciprocal.
    first, second = one["di_check"].evidence, other["di_check"].evidence
    assert first is not None
    assert second is not None
    assert first.difference == pytest.approx(second.difference)


def test_no_good_answer_at_all_is_undefined_not_large() -> None:
    random = np.random.RandomState(3)
    window = table(random, 600, (0.5, 0.0))
    finding = judge(reference(random), window, metrics=["DI"])["di_check"]
    assert finding.verdict is Verdict.INSUFFICIENT_DATA
    assert "it is 0, and its logarithm with it" in finding.description


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.8, 1.25, Verdict.VIOLATION), (0.3, 3.0, Verdict.PASS), (None, 1.25, Verdict.PASS)]
)
def test_an_allowed_range(low: float | None, high: float, verdict: Verdict) -> None:
    random = np.random.RandomState(4)
    window = table(random, 2_000, (0.6, 0.36))
    ranges = [{"metric": "DI", "low": low, "high": high}]
    finding = judge(reference(random), window, metrics=["DI"], allowedRanges=ranges)["di_check"]
    assert finding.verdict is verdict
    value = window[0, 1, :2, 1].sum() / window[0, 0, :2, 1].sum()
    assert finding.evidence is not None
    outside = max(0.0, math.log(low) - math.log(value)) if low is not None else 0.0
    assert finding.evidence.difference == pytest.approx(outside)


def test_a_value_a_little_outside_of_a_range_is_noise() -> None:
    window = np.zeros((1, 2, 3, 3), dtype=np.int64)
    window[0, 0, :2, :2] = [[75, 75], [75, 75]]
    window[0, 1, :2, :2] = [[91, 58], [92, 59]]
    against = reference(np.random.RandomState(5))
    finding = judge(against, window, metrics=["DI"], allowedRanges=[{"metric": "DI", "low": 0.8}])["di_check"]
    assert finding.evidence is not None
    assert finding.evidence.difference == pytest.approx(math.log(0.8 * 150 / 117))
    assert finding.verdict is Verdict.PASS


def test_few_rows_and_few_labels_are_not_judged() -> None:
    random = np.random.RandomState(6)
    against, window = reference(random), table(random, 600, (0.9, 0.1))
    assert judge(against, window)["dpl_check"].violated
    assert judge(against, window, minimumFacetSize=301)["dppl_check"].verdict is Verdict.INSUFFICIENT_DATA
    early = judge(against, window, LabelCoverage(1_000, 600, 0.8))
    assert early["dpl_check"].verdict is Verdict.INSUFFICIENT_DATA
    assert early["dppl_check"].verdict is Verdict.VIOLATION


def test_more_metrics_share_the_family() -> None:
    random = np.random.RandomState(7)
    against, window = reference(random), table(random, 600, (0.5, 0.5))
    alone = judge(against, window, metrics=["DPPL"])["dppl_check"].evidence
    among = judge(against, window, metrics=["DPPL", "AD", "RD", "EOD"])["dppl_check"].evidence
    assert alone is not None
    assert among is not None
    assert among.limit > alone.limit


def test_what_can_not_be_judged_is_refused() -> None:
    known = Known(labels=False, answers=True, coverage=LabelCoverage(1, 0, 0.8))
    assert judged_metrics(ModelBias(), known) == ("DPPL",)
    with pytest.raises(ConfigurationError, match="'EOD' needs labels"):
        judged_metrics(ModelBias.model_validate({"metrics": ["EOD"]}), known)
    labels = Known(labels=True, answers=False, coverage=LabelCoverage(1, 0, 0.8))
    assert judged_metrics(ModelBias(), labels) == ("DPL",)
    with pytest.raises(ConfigurationError, match="'DI' needs the model's answers"):
        judged_metrics(ModelBias.model_validate({"metrics": ["DI"]}), labels)


def test_the_file_of_a_baseline_is_read_again() -> None:
    baseline = reference(np.random.RandomState(8)).baseline
    assert baseline is not None
    content = baseline.to_parquet()
    read = read_baseline_bias(content, "profile.parquet")
    assert read.to_parquet() == content
    assert (read.problem, dict(read.roles), read.time_zone) == (PROBLEM, {"sex": "feature"}, "Etc/UTC")
    assert np.array_equal(read.windows[0].counts[EVERYTHING].table, baseline.windows[0].counts[EVERYTHING].table)
    for broken in (content[:-20], content[: len(content) // 2], b""):
        with pytest.raises(InputError, match="is not a profile of a baseline"):
            read_baseline_bias(broken, "profile.parquet")

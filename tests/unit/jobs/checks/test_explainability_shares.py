"""Shares of attribution: their variance, and how often the default rule is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_jobs.attribution.aggregate import Aggregation
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.attribution.sums import AttributionSums
from model_monitor_jobs.checks.explainability import default, sagemaker
from model_monitor_jobs.checks.explainability.measured import measure, shares_of
from model_monitor_jobs.checks.explainability.reference import AttributionReference
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK, SHARE_CHECK
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.sagemaker.attributions import LabelExplanation

Doubles = NDArray[np.float64]


def draw(seed: int, rows: int = 400) -> Doubles:
    """Values of four features, the first two related."""
    random = np.random.RandomState(seed)
    own = random.standard_t(5, size=(rows, 4)) * [1.0, 0.6, 0.3, 0.1]
    own[:, 1] += 0.3 * own[:, 0]
    return np.asarray(own)


@pytest.mark.parametrize("method", ["mean_abs", "mean_sq"])
def test_the_variance_of_a_share_is_what_shares_of_drawn_samples_have(method: Aggregation) -> None:
    drawn = np.array([shares_of(draw(seed), method)[0] for seed in range(400)])
    expected = np.mean([shares_of(draw(seed), method)[1] / 400 for seed in range(40)], axis=0)
    # Of mean squares with heavy tails the variance itself varies.
    assert np.sqrt(expected) == pytest.approx(drawn.std(axis=0), rel=0.12 if method == "mean_abs" else 0.4)


def test_medians_have_shares_with_the_bootstraps_variance() -> None:
    local = np.abs(draw(1))
    shares, variances = shares_of(local, "median")
    assert shares == pytest.approx(np.median(local, axis=0) / np.median(local, axis=0).sum())
    assert (variances > 0).all()


@settings(max_examples=30, deadline=None)
@given(arrays(np.float64, (7, 3), elements=st.floats(-9, 9)))
def test_shares_add_up_and_do_not_know_the_unit(local: Doubles) -> None:
    shares, variances = shares_of(local, "mean_abs")
    assert shares.sum() == pytest.approx(1) or not np.abs(local).sum() > 0
    scaled, others = shares_of(local * 4, "mean_abs")
    assert scaled == pytest.approx(shares)
    assert others == pytest.approx(variances)


def test_sums_can_be_taken_apart() -> None:
    sums = AttributionSums.empty(3, 1, 2)
    rows = np.arange(10.0).reshape(5, 1, 2)
    sums.update(rows, np.array([0, 2, 2, -1, 0]))
    assert sums.rows.tolist() == [2, 0, 2]
    assert sums.total().sizes.tolist() == [[[0 + 8 + 2 + 4, 1 + 9 + 3 + 5]]]
    rest = sums.total().less(sums.at(0))
    assert rest.sizes.tolist() == [[[6.0, 8.0]]]
    assert np.isnan(sums.at(1).shares()).all()


def found(baseline: Doubles, window: Doubles, **changes: object) -> list[tuple[str, str, Verdict]]:
    features = tuple("abcd")
    values = dict(zip(features, np.abs(baseline).mean(axis=0).tolist(), strict=True))
    reference = AttributionReference(
        {"label0": LabelExplanation(global_shap_values=values, expected_value=0.0)}, "mean_abs"
    )
    measured = measure(reference, Attributions(features, window[np.newaxis], np.zeros(1)), ("label0",))
    judged = default.compare(reference, measured, ModelExplainability.model_validate(changes), None)
    return [(finding.column, finding.check, finding.verdict) for finding in judged.findings]


def test_few_windows_without_any_change_have_a_violation() -> None:
    baseline = draw(999, 20_000)
    # Without the floor, so that noise alone decides.
    settings = {"shareThreshold": 1e-9, "alpha": 0.05}
    wrong = sum(
        any(verdict is Verdict.VIOLATION for _, _, verdict in found(baseline, draw(seed, 300), **settings))
        for seed in range(200)
    )
    assert wrong <= 20, wrong


def test_a_change_of_size_alone_violates_shares_and_not_the_order() -> None:
    window = draw(5) * [2.5, 1, 1, 1]
    verdicts = {(column, check): verdict for column, check, verdict in found(draw(999, 20_000), window)}
    assert verdicts["", ORDER_CHECK] is Verdict.PASS
    assert verdicts["a", SHARE_CHECK] is Verdict.VIOLATION


def test_a_baseline_of_nothing_is_no_verdict() -> None:
    reference = AttributionReference(
        {"label0": LabelExplanation(global_shap_values={"a": 0.0, "b": 0.0}, expected_value=0.0)}, "mean_abs"
    )
    measured = measure(reference, Attributions(("a", "b"), np.ones((1, 300, 2)), np.zeros(1)), ("label0",))
    (only,) = default.compare(reference, measured, ModelExplainability(), None).findings
    assert (only.verdict, only.description) == (
        Verdict.INSUFFICIENT_DATA,
        "the baseline attributes nothing to any feature",
    )
    assert [finding.verdict for finding in sagemaker.compare(measured)] == [Verdict.INSUFFICIENT_DATA]

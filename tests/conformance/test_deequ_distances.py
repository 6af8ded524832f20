"""Deequ's own tests of its distances, the engine of SageMaker's data quality monitor: every case."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_monitor_jobs.checks.data_quality.distances import (
    ROBUST_FACTOR,
    categorical_distance,
    chi_squared_p_value,
    chi_squared_statistic,
    numerical_distance,
)
from model_monitor_jobs.checks.data_quality.reported import population_stability_index
from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch


def sketch(values: list[float]) -> QuantileSketch:
    made = QuantileSketch()
    made.update(np.array(values, dtype=float))
    return made


def robust_factor(alpha: float) -> float:
    """The factor of another level than SageMaker's (Knuth, TAOCP 2, 3.3.1, equation 15)."""
    return math.sqrt(-math.log(alpha / 2) / 2)


def shares(counts: list[int]) -> Doubles:
    return np.array(counts, dtype=float) / sum(counts)


def computed(case: dict[str, Any]) -> float:
    current, baseline, method = case["current"], case["baseline"], case["method"]
    if method == "psi":
        return population_stability_index(shares(current), shares(baseline))
    if method == "chi2_statistic":
        return chi_squared_statistic(current, baseline)[0]
    if method == "chi2_pvalue":
        return chi_squared_p_value(current, baseline)
    factor = robust_factor(case["alpha"]) if "alpha" in case else ROBUST_FACTOR
    if case["kind"] == "numeric":
        return numerical_distance(sketch(current), sketch(baseline), robust=method == "robust", factor=factor)
    return categorical_distance(current, baseline, robust=method == "robust", factor=factor)


def test_every_case_of_deequ(conformance: Path) -> None:
    cases = json.loads((conformance / "deequ-distances" / "distances.json").read_text())
    assert len(cases) == 20
    for case in cases:
        expected = math.nan if case["expected"] is None else case["expected"]
        assert computed(case) == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), case["name"]

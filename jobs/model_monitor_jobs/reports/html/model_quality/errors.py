"""How a regression's errors are distributed: the window over the baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.cells import count_sketch, cut_points
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.performance.regression import ErrorSketches
from model_monitor_jobs.profiles.sketch import QuantileSketch
from model_monitor_jobs.reports.html.bins import drawable_numbers
from model_monitor_jobs.reports.html.model_quality.model import ErrorQuantile, Errors

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def errors_of(window: PerformanceProfile, baseline: PerformanceProfile | None) -> Errors | None:
    """The errors of a regression; None of a classifier, and without rows."""
    now = _signed(window)
    if now is None:
        return None
    then = _signed(baseline) if baseline is not None else None
    cuts = cut_points(then if then is not None else now)
    drawn = drawable_numbers(cuts, count_sketch(cuts, now), count_sketch(cuts, then if then is not None else now))
    shares = np.array(QUANTILES)
    values = now.quantiles(shares)
    before = then.quantiles(shares) if then is not None else None
    quantiles = tuple(
        ErrorQuantile(f"{share * 100:g} %", f"{values[place]:.4g}", "" if before is None else f"{before[place]:.4g}")
        for place, share in enumerate(QUANTILES)
    )
    middle = f"Half of the errors are below {values[QUANTILES.index(0.5)]:.4g}"
    if before is not None:
        middle += f", {before[QUANTILES.index(0.5)]:.4g} in the baseline"
    return Errors(
        replace(drawn, gap=None) if drawn is not None and then is not None else None,
        quantiles,
        f"{middle}. An error is the answer less the label: above 0 the model says too much.",
    )


def _signed(profile: PerformanceProfile) -> QuantileSketch | None:
    overall = profile.overall
    return overall.signed if isinstance(overall, ErrorSketches) and overall.signed.count else None

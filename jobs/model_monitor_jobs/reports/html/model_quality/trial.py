"""What estimates without labels have been worth."""

from __future__ import annotations

from collections.abc import Iterator

from model_monitor_jobs.checks.model_quality.words import shown
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model_quality.judged import estimate_of
from model_monitor_jobs.reports.html.model_quality.model import Trial
from model_monitor_jobs.reports.html.model_quality.timelines import window_points
from model_monitor_jobs.reports.html.model_quality.words import lowered, name_of, span_text
from model_monitor_jobs.reports.html.timeline import WindowPoint
from model_monitor_jobs.reports.html.words import counted, share
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult


def trial_of(result: ModelQualityResult, context: ReportContext) -> Trial | None:
    """The first judged metric's estimates beside what labels showed; None where nothing is estimated."""
    if result.estimates is None:
        return None
    metric = result.judged_metrics[0]
    pairs: tuple[WindowPoint, ...] = ()
    if result.trusted:
        points = window_points(metric, result, context)
        pairs = tuple(point for point in points if point.measured and point.estimated and point.judged)
    name = name_of(metric)
    return Trial(
        metric=metric,
        name=name,
        sentences=tuple(_sentences(metric, result)),
        pairs=pairs,
        description=f"{name}: {counted(len(pairs), 'window')} with an estimate and labels",
    )


def _sentences(metric: str, result: ModelQualityResult) -> Iterator[str]:
    estimates, backtest = result.estimates, result.backtests.get(metric)
    if estimates is None:
        return
    if not estimates.metrics:
        yield f"Performance is not estimated: {estimates.reason}."
    if backtest is not None and backtest.coverage is not None and backtest.mean_absolute_error is not None:
        among = f"{counted(backtest.windows, 'window')} with labels ({share(backtest.coverage)})"
        error = shown(metric, backtest.mean_absolute_error)
        yield (
            f"In {backtest.covered:,} of {among} the measured value lay within the estimate's 95 % interval; on "
            f"average the estimate was {error} off."
        )
    if backtest is not None and backtest.trusted is False:
        yield (
            "So the estimate is silenced: it is neither shown here nor in the status until it has been right again in "
            "enough windows."
        )
        return
    if backtest is not None and backtest.trusted is None:
        yield f"How far it can be trusted is {backtest.reason}."
    if (now := estimate_of(metric, result)) is not None:
        said = f"{lowered(name_of(metric))} {span_text(metric, now)}"
        yield f"Of this window it says, without looking at its labels: {said}."
    if (found := estimates.diagnostics) is not None:
        alike = (
            f"With a chance of {share(found.domain_auc)} a row of this window can be told from one of the baseline "
            "(50 % when they are alike)"
        )
        weighed = f"; weighted to be like this window, the baseline's rows are worth {found.effective_rows:,.0f} rows"
        yield f"{alike}{weighed if found.weighted else ''}."

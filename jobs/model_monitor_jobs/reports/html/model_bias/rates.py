"""How often labels and answers are good on both sides of a facet."""

from __future__ import annotations

from collections.abc import Iterator

from model_monitor_jobs.checks.bias.intervals import score_interval
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED, NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.reports.html.model_bias.model import GroupRate
from model_monitor_jobs.reports.html.words import share
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult


def rates_of(result: ModelBiasResult, place: int) -> tuple[GroupRate, ...]:
    """The rates of one facet, beside those of its baseline."""
    return tuple(rate for rate in _rates(result, place) if rate.group or rate.others)


def _rates(result: ModelBiasResult, place: int) -> Iterator[GroupRate]:
    own = Outcomes.of(result.profile.counts.table.sum(axis=0)[place])
    baseline = result.reference.baseline
    then = Outcomes.of(baseline.whole.counts.table.sum(axis=0)[place]) if baseline is not None else None
    sides = own.sides
    yield GroupRate("Rows", f"{int(sides[DISADVANTAGED]):,}", f"{int(sides[ADVANTAGED]):,}")
    yield from _rate("Good labels", own.labels, then.labels if then else None)
    yield from _rate("Good answers", own.predictions, then.predictions if then else None)
    for name, outcome in (("Good answers among good labels", POSITIVE), ("Good answers among bad labels", NEGATIVE)):
        before = then.confusion[:, outcome] if then else None
        yield from _rate(name, own.confusion[:, outcome], before)


def _rate(name: str, counts: Counts, before: Counts | None) -> Iterator[GroupRate]:
    """`counts`: (2, 2), side and outcome."""
    told = [_text(counts[side]) for side in (DISADVANTAGED, ADVANTAGED)]
    yield GroupRate(name, *told)
    if before is not None and any(told):
        yield GroupRate(f"{name}, in the baseline", *(_text(before[side]) for side in (DISADVANTAGED, ADVANTAGED)))


def _text(side: Counts) -> str:
    of, hits = int(side.sum()), int(side[POSITIVE])
    if not of:
        return ""
    low, rate, high = score_interval(hits, of)
    return f"{share(rate)} ({share(low)} to {share(high)})"

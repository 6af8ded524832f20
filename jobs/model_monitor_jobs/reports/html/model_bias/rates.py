"""How often labels and answers are good, and answers right, on both sides of a facet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model_monitor_jobs.checks.bias.intervals import score_interval
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED, NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.model_bias.model import GroupRate, GroupRates, SideRate
from model_monitor_jobs.reports.html.words import share
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult

_GOOD_ANSWERS = "Good answers"
_GOOD_LABELS = "Good labels"
_OF_LABELS = frozenset({"CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"})


def rates_of(result: ModelBiasResult, place: int) -> tuple[GroupRate, ...]:
    """The rates of one facet, beside those of its baseline."""
    return tuple(rate for rate in _rates(result, place) if rate.group or rate.others)


def drawn_rates(result: ModelBiasResult, place: int) -> GroupRates | None:
    """The same as a picture; None where there are neither labels nor answers."""
    facet = result.facets[place]
    sides = tuple(
        SideRate(name, of, _span(now, side), _span(then, side) if then is not None else None)
        for name, now, then in _counted(result, place)
        for of, side in ((facet, DISADVANTAGED), ("all others", ADVANTAGED))
        if now.sum()
    )
    if not sides:
        return None
    told = [f"{each.name} of {each.of} {share(each.now.value)}" for each in sides if each.now is not None]
    return GroupRates(sides, "; ".join(told))


def plain_sentence(result: ModelBiasResult, place: int, metric: str) -> str:
    """How many of 100 get a good answer, or have a good label, in both groups, now and in the baseline."""
    of_labels = metric in _OF_LABELS
    wanted = _GOOD_LABELS if of_labels else _GOOD_ANSWERS
    for name, now, then in _counted(result, place):
        if name == wanted and now.sum(axis=-1).all():
            what = "have a good label" if of_labels else "get a good answer"
            group, others = (_of_hundred(now[side]) for side in (DISADVANTAGED, ADVANTAGED))
            before = ""
            if then is not None and then.sum(axis=-1).all():
                earlier = [_of_hundred(then[side]) for side in (DISADVANTAGED, ADVANTAGED)]
                before = f"; in the baseline {earlier[0]} against {earlier[1]}"
            return (
                f"{group} of 100 where {result.facets[place]} {what}, against {others} of 100 among all others{before}."
            )
    return ""


def _of_hundred(side: Counts) -> int:
    return round(100 * int(side[POSITIVE]) / int(side.sum()))


def _rates(result: ModelBiasResult, place: int) -> Iterator[GroupRate]:
    sides = Outcomes.of(result.profile.counts.table.sum(axis=0)[place]).sides
    yield GroupRate("Rows", f"{int(sides[DISADVANTAGED]):,}", f"{int(sides[ADVANTAGED]):,}")
    for name, now, then in _counted(result, place):
        told = [_text(now[side]) for side in (DISADVANTAGED, ADVANTAGED)]
        yield GroupRate(name, *told)
        if then is not None and any(told):
            yield GroupRate(f"{name}, in the baseline", *(_text(then[side]) for side in (DISADVANTAGED, ADVANTAGED)))


def _counted(result: ModelBiasResult, place: int) -> Iterator[tuple[str, Counts, Counts | None]]:
    """Each rate of both sides: its name, the rows without and with it (2, 2), and those of the baseline."""
    now = _outcomes(Outcomes.of(result.profile.counts.table.sum(axis=0)[place]))
    baseline = result.reference.baseline
    then: dict[str, Counts] = {}
    if baseline is not None:
        then = _outcomes(Outcomes.of(baseline.whole.counts.table.sum(axis=0)[place]))
    for name, counts in now.items():
        yield name, counts, then.get(name)


def _outcomes(of: Outcomes) -> dict[str, Counts]:
    right = of.confusion[:, POSITIVE, POSITIVE] + of.confusion[:, NEGATIVE, NEGATIVE]
    return {
        _GOOD_LABELS: of.labels,
        _GOOD_ANSWERS: of.predictions,
        "Good answers among good labels": of.confusion[:, POSITIVE],
        "Good answers among bad labels": of.confusion[:, NEGATIVE],
        "Right answers": np.stack([of.judged - right, right], axis=-1),
    }


def _text(side: Counts) -> str:
    span = _span_of(side)
    return "" if span is None else f"{share(span.value)} ({share(span.low)} to {share(span.high)})"


def _span(counts: Counts, side: int) -> Span | None:
    return _span_of(counts[side])


def _span_of(side: Counts) -> Span | None:
    of, hits = int(side.sum()), int(side[POSITIVE])
    if not of:
        return None
    low, rate, high = score_interval(hits, of)
    return Span(rate, low, high)

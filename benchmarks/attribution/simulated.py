"""How often the default rule on attributions is right: `python -m benchmarks.attribution.simulated`.

Attributions of rows are drawn, not asked for: baselines of 30 days and windows like them, which the rule judges,
without any change and with two. Nothing is random beyond the seed. Written as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.profiles.machine import describe
from benchmarks.profiles.process import ROOT
from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.window import Window
from model_monitor_jobs.attribution.aggregate import aggregate
from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.baseline import BaselineAttributions
from model_monitor_jobs.attribution.drift import AttributionDrift
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.checks.explainability.default import compare
from model_monitor_jobs.checks.explainability.measured import MeasuredLabel, measure, shares_of
from model_monitor_jobs.checks.explainability.reference import AttributionReference
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK, SHARE_CHECK
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.sagemaker.attributions import LabelExplanation

Doubles = NDArray[np.float64]

RESULTS = ROOT / "benchmarks" / "results" / "attribution_rule.json"
SEED = 20_220_711
FEATURES = tuple("abcdefgh")
SIZES = np.array([0.40, 0.25, 0.12, 0.08, 0.06, 0.04, 0.03, 0.02])
"""Of the attributions of each feature."""
STRAYS = {"all alike": 0.0, "days differ": 0.1}
"""Standard deviation of the logarithm of the sizes from day to day, of each feature by itself."""
SAMPLES = (1_000, 3_000)
"""Rows of the baseline that are explained: 33 and 100 a day."""
WINDOW_ROWS = 200
CHANGES = {"the leading feature halves": (0, 0.5), "the leading feature falls to a tenth": (0, 0.1)}
"""Which feature, and by how much its attributions are multiplied."""
BASELINES = 100
WINDOWS = 15
"""Without a change, after each baseline."""
CHANGED = 3
"""With each change, after each baseline."""
ORDERED = 2
"""Of each, whose order is judged as well: its interval takes a thousand draws."""
DAYS = 30
_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_WINDOW = Window(_START + 60 * _DAY, _START + 61 * _DAY)
RULES = {
    "learned": ModelExplainability(),
    "no floor": ModelExplainability(share_threshold=1e-9),
    "unstamped": ModelExplainability(),
}
"""By what the shares are judged; `unstamped` by a baseline without time stamps."""
_LABEL = "label0"
_NO_ORDER = AttributionDrift(1.0, 1.0, 1.0, WINDOW_ROWS, ())


@dataclass(frozen=True)
class Against:
    """A baseline with its days, and the same without time stamps."""

    learned: AttributionReference
    unstamped: AttributionReference


def main() -> None:
    """Run all cells and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    begun = time.process_time()
    cells = []
    for sample in SAMPLES:
        for name, stray in STRAYS.items():
            cells.append(cell(sample, name, stray))
            print(f"{time.process_time() - begun:4.0f} s  {json.dumps(cells[-1])}", flush=True)
    document = {
        "seed": SEED,
        "alpha": ModelExplainability().alpha,
        "days": DAYS,
        "sizes": SIZES.tolist(),
        "window_rows": WINDOW_ROWS,
        "strays": STRAYS,
        "processor_seconds": round(time.process_time() - begun),
        "machine": {name: value for name, value in describe().items() if name != "peers"},
        "cells": cells,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")
    print(f"{document['processor_seconds']} s of processor time; written to {arguments.output}")


def cell(sample: int, name: str, stray: float) -> dict[str, Any]:
    """What the rule does to windows, with the days of a baseline and without."""
    random = np.random.RandomState(SEED)
    found: dict[str, dict[str, list[Mapping[str, bool]]]] = {rule: {} for rule in RULES}
    limits: dict[str, list[float]] = {rule: [] for rule in RULES}
    for _ in range(BASELINES):
        against = baseline(random, sample, stray)
        windows = {"": [rows(random, WINDOW_ROWS, stray) for _ in range(WINDOWS)]}
        for change, (place, factor) in CHANGES.items():
            windows[change] = [_changed(rows(random, WINDOW_ROWS, stray), place, factor) for _ in range(CHANGED)]
        for rule, settings in RULES.items():
            reference = against.unstamped if rule == "unstamped" else against.learned
            for change, drawn in windows.items():
                for number, local in enumerate(drawn):
                    ordered = rule == "learned" and number < ORDERED
                    findings = judge(reference, local, settings, ordered=ordered)
                    found[rule].setdefault(change, []).append(_violated(findings))
                    if not change:
                        limits[rule].append(_limit(findings))
    return {
        "sample": sample,
        "days": name,
        "windows": BASELINES * WINDOWS,
        "changed_windows": BASELINES * CHANGED,
        "ordered": BASELINES * ORDERED,
        "false": _violations(found, ""),
        "seen": {change: _violations(found, change) for change in CHANGES},
        "limit": {rule: round(median(own), 4) for rule, own in limits.items()},
    }


def rows(random: np.random.RandomState, count: int, stray: float) -> Doubles:
    """Attributions (rows, features) of one day: heavy tails, and neighbouring features that are related."""
    drawn = random.standard_t(5, size=(count, len(SIZES)))
    drawn[:, 1:] = 0.8 * drawn[:, 1:] + 0.6 * drawn[:, :-1]
    return np.asarray(drawn * SIZES * np.exp(stray * random.standard_normal(len(SIZES))))


def baseline(random: np.random.RandomState, sample: int, stray: float) -> Against:
    """A sample of rows that lie on days by chance, as a sample by hashes does."""
    counts = random.multinomial(sample, np.full(DAYS, 1 / DAYS))
    local = np.concatenate([rows(random, count, stray) for count in counts])
    seconds = int(_START.timestamp()) + 86_400 * np.repeat(np.arange(DAYS), counts)
    values = dict(zip(FEATURES, aggregate(local, "mean_abs").tolist(), strict=True))
    background = Background(pa.record_batch({name: [0.0] for name in FEATURES}), np.ones(1))
    own = BaselineAttributions(
        {},
        {},
        dict.fromkeys(FEATURES, "fractional"),
        (_LABEL,),
        background,
        Attributions(FEATURES, local[np.newaxis], np.zeros(1)),
        1_000_000 * seconds,
        (_DAY,),
    )
    explained = {_LABEL: LabelExplanation(global_shap_values=values, expected_value=0.0)}
    learned = AttributionReference(explained, "mean_abs", own, length=_DAY)
    return Against(learned, replace(learned, length=None))


def judge(
    reference: AttributionReference, local: Doubles, settings: ModelExplainability, *, ordered: bool
) -> list[Finding]:
    """The findings of a window; without `ordered` its order is held to be the baseline's."""
    attributions = Attributions(FEATURES, local[np.newaxis], np.zeros(1))
    if ordered:
        measured: Mapping[str, MeasuredLabel] = measure(reference, attributions, (_LABEL,))
    else:
        shares, variances = shares_of(local, "mean_abs")
        values = aggregate(local, "mean_abs")
        measured = {_LABEL: MeasuredLabel(FEATURES, values, 0.0, shares, variances, len(local), _NO_ORDER)}
    judged = compare(reference, measured, settings, _WINDOW).findings
    return [finding for finding in judged if ordered or finding.check == SHARE_CHECK]


def _changed(local: Doubles, place: int, factor: float) -> Doubles:
    changed = local.copy()
    changed[:, place] *= factor
    return changed


def _violated(findings: Sequence[Finding]) -> Mapping[str, bool]:
    """By check, of those that were judged, whether any is violated."""
    found: dict[str, bool] = {}
    for finding in findings:
        found[finding.check] = found.get(finding.check, False) or finding.violated
    return found


def _violations(found: Mapping[str, Mapping[str, list[Mapping[str, bool]]]], change: str) -> dict[str, float]:
    """The share of windows with a violated share, by rule, and with a violated order."""
    rates = {rule: np.mean([window[SHARE_CHECK] for window in own[change]]) for rule, own in found.items()}
    ordered = [window[ORDER_CHECK] for window in found["learned"][change] if ORDER_CHECK in window]
    if ordered:
        rates["order"] = np.mean(ordered)
    return {name: round(float(rate), 4) for name, rate in rates.items()}


def _limit(findings: Sequence[Finding]) -> float:
    """Of the leading feature's share."""
    evidence = next(each.evidence for each in findings if each.check == SHARE_CHECK and each.column == FEATURES[0])
    return evidence.limit if evidence is not None else float("nan")


if __name__ == "__main__":
    main()

"""How often the rule and the intervals of bias metrics are right: `python -m benchmarks.bias.simulated`.

Baselines of 30 days and windows like them, which the rule judges: without any change, and with one. Nothing is random
beyond the seed. Written as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.bias.streams import PROBLEM, Doubles, Population, counted
from benchmarks.profiles.machine import describe
from benchmarks.profiles.process import ROOT
from model_monitor_crds.bias import ModelBias
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias.default import Known, compare
from model_monitor_jobs.checks.bias.measured import MeasuredBias, measure
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.checks.bias.words import metric_of
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.profiles.bias import BiasProfile, Extents
from model_monitor_jobs.profiles.bias.baseline import BaselineBias
from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.by_window import EVERYTHING, WindowCounts
from model_monitor_jobs.sagemaker.analysis import SECTIONS
from model_monitor_jobs.sagemaker.bias_drift import BiasConstraint

RESULTS = ROOT / "benchmarks" / "results" / "bias_rule.json"
SEED = 20_220_711
JUDGED = ("DPPL", "DI", "EOR", "AD", "CDDPL")
ROWS = (1_000, 10_000)
STRAYS = {"all alike": 0.0, "days differ": 0.1}
"""Standard deviation of the log odds of good answers from day to day, of each group by itself."""
BASELINES = 10
WINDOWS = 60
"""Without a change, after each baseline."""
CHANGED = 10
"""With the change, after each baseline."""
HARSHER = 0.1
ALPHA = 0.01
"""Of each metric: a run has five times that."""
DAYS = 30
_ALMOST_NOTHING = 1e-9
_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_WINDOW = Window(_START + 60 * _DAY, _START + 61 * _DAY)
_DEFAULT: dict[str, Any] = {"metrics": list(JUDGED), "alpha": ALPHA * len(JUDGED)}
RULES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    "no floor": _DEFAULT | {"threshold": _ALMOST_NOTHING},
}


@dataclass(frozen=True)
class Judged:
    """A window as its baseline sees it."""

    findings: Mapping[str, Mapping[str, Finding]]
    """By rule and metric."""
    measured: Mapping[str, MeasuredBias]


def main() -> None:
    """Run all cells and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    begun = time.process_time()
    cells = []
    for rows in ROWS:
        for name, stray in STRAYS.items():
            cells.append(cell(rows, name, stray))
            print(f"{time.process_time() - begun:4.0f} s  {json.dumps(cells[-1])}", flush=True)
    document = {
        "seed": SEED,
        "alpha": ALPHA,
        "days": DAYS,
        "harsher": HARSHER,
        "strays": STRAYS,
        "processor_seconds": round(time.process_time() - begun),
        "machine": {name: value for name, value in describe().items() if name != "peers"},
        "cells": cells,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")
    print(f"{document['processor_seconds']} s of processor time; written to {arguments.output}")


def cell(rows: int, name: str, stray: float) -> dict[str, Any]:
    """What the rule does to windows of so many rows."""
    random = np.random.RandomState(SEED)
    same, changed = Population(), Population(HARSHER)
    unchanged: list[Judged] = []
    harsher: list[Judged] = []
    for _ in range(BASELINES):
        against = reference([_window(random, same, rows, stray) for _ in range(DAYS)])
        blind = BiasReference(
            against.problem,
            against.constraints,
            against.rows,
            BaselineBias(PROBLEM, {}, against.baseline.whole) if against.baseline else None,
            against.measured,
        )
        unchanged += [judge(against, blind, _window(random, same, rows, stray)) for _ in range(WINDOWS)]
        harsher += [judge(against, blind, _window(random, changed, rows, stray)) for _ in range(CHANGED)]
    truth = same.truth()
    return {
        "rows": rows,
        "days": name,
        "windows": len(unchanged),
        "changed_windows": len(harsher),
        "false": {rule: _violated(unchanged, rule) for rule in unchanged[0].findings},
        "runs_with_false": _any(unchanged, "default"),
        "seen": {rule: _violated(harsher, rule) for rule in ("default", "unstamped")},
        "limit": {
            metric: round(median(_limit(each.findings["default"][metric]) for each in unchanged), 4)
            for metric in JUDGED
        },
        "covered": _covered(unchanged, truth) if not stray else {},
    }


def reference(windows: Sequence[Doubles]) -> BiasReference:
    """A baseline that has these days."""
    by_day = counted(list(windows))
    starts = int(_START.timestamp()) + 86_400 * np.arange(len(windows))
    whole = BiasProfile(by_day.total(), Extents.empty(1))
    own = (WindowCounts(_DAY, starts, {EVERYTHING: by_day}),)
    measured = measure(whole.counts)
    clarifys = {name for names in SECTIONS.values() for name in names}
    made = (
        BiasConstraint("sex", "F", name, metric.value)
        for name, metric in measured[0].items()
        if metric.defined and name in clarifys
    )
    baseline = BaselineBias(PROBLEM, {}, whole, own)
    return BiasReference(PROBLEM, {each.key: each for each in made}, int(by_day.rows.sum()), baseline, measured)


def judge(against: BiasReference, blind: BiasReference, cells: Doubles) -> Judged:
    """A window by the default rule, without its floor, and by a baseline that does not know its days."""
    window = counted([cells])
    measured = measure(window)
    rules = {name: _findings(against, window, measured, settings) for name, settings in RULES.items()}
    rules["unstamped"] = _findings(blind, window, measured, _DEFAULT)
    rules["noise alone"] = _findings(blind, window, measured, RULES["no floor"])
    return Judged(rules, measured[0])


def _findings(
    against: BiasReference, window: BiasCounts, measured: list[dict[str, MeasuredBias]], settings: dict[str, Any]
) -> dict[str, Finding]:
    rows = int(window.rows.sum())
    known = Known(labels=True, answers=True, coverage=LabelCoverage(rows, rows, 0.8))
    judgement = compare(against, window, measured, ModelBias.model_validate(settings), known, _WINDOW)
    return {metric_of(finding.check): finding for finding in judgement.findings}


def _window(random: np.random.RandomState, population: Population, rows: int, stray: float) -> Doubles:
    return population.draw(random, rows, stray * random.standard_normal(2) if stray else None)


def _violated(judged: Sequence[Judged], rule: str) -> dict[str, float]:
    return {
        metric: round(float(np.mean([each.findings[rule][metric].violated for each in judged])), 4) for metric in JUDGED
    }


def _any(judged: Sequence[Judged], rule: str) -> float:
    runs = [any(finding.violated for finding in each.findings[rule].values()) for each in judged]
    return round(float(np.mean(runs)), 4)


def _limit(finding: Finding) -> float:
    return finding.evidence.limit if finding.evidence is not None else 1.0


def _covered(judged: Sequence[Judged], truth: Mapping[str, float]) -> dict[str, float]:
    """How often each metric's 95 % interval holds its true value."""
    return {
        name: round(
            float(np.mean([each.measured[name].low <= value <= each.measured[name].high for each in judged])), 4
        )
        for name, value in truth.items()
    }


if __name__ == "__main__":
    main()

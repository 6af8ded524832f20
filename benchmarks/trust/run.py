"""One cell of the benchmark: a scenario at a size, for every rule."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.trust import ours
from benchmarks.trust.alerts import Verdicts, onsets, seen
from benchmarks.trust.features import Feature, Kind, twenty_features
from benchmarks.trust.peers import PEERS
from benchmarks.trust.streams import (
    BASELINE_DAYS,
    CHANGES,
    HOURS,
    MONTH_DAYS,
    Change,
    Scenario,
    Stream,
    Windows,
    with_outlier,
)
from model_monitor_jobs.decisions import Evidence, shared_alpha

OURS = "this operator"
CHANGED_DAYS = 5


@dataclass
class Tally:
    """What one rule did. `alarms` are in its own unit (flagged checks), `onsets` by two of three windows."""

    alarms: int = 0
    onsets: int = 0
    changed_by_outlier: int = 0
    trials: dict[str, list[bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """All rules in one scenario at one number of rows."""

    scenario: str
    rows: int
    months: int
    limit: float
    tallies: dict[str, Tally]


def run(scenario: Scenario, rows: int, months: int, seed: int, days: int = MONTH_DAYS) -> Cell:
    """Simulate so many months of `days`, each with a baseline of its own."""
    features = twenty_features()
    tallies = {name: Tally() for name in (OURS, *(peer.name for peer in PEERS))}
    limits: list[float] = []
    for month in range(months):
        seeds = np.random.SeedSequence([seed, rows, month, *scenario.name.encode()]).spawn(len(features))
        quiet: dict[str, list[Verdicts]] = {name: [] for name in tallies}
        for feature, child in zip(features, seeds, strict=True):
            stream = Stream(feature, scenario, rows, np.random.default_rng(child))
            rules = _Rules(feature, scenario, stream.month(BASELINE_DAYS, baseline=True), len(features))
            windows = stream.month(days)
            plain = rules.judge(windows)
            if scenario.outlier and feature.numeric:
                # One value of 1e6 in one window of each day.
                hours = np.arange(days) * HOURS + 7
                touched = Windows(with_outlier(windows.counts, hours), windows.rows, windows.hours)
                outlying = rules.judge(touched)
                for name, tally in tallies.items():
                    tally.changed_by_outlier += _changed(plain[name], outlying[name])
                plain = outlying
            if feature.kind is Kind.CONTINUOUS:
                limits += [evidence.limit for evidence in rules.shape]
            for name, verdicts in plain.items():
                quiet[name] += verdicts
            for change in CHANGES:
                if _concerns(change, feature):
                    changed = rules.judge(stream.month(min(days, CHANGED_DAYS), change))
                    for name, verdicts in changed.items():
                        tallies[name].trials.setdefault(change.name, []).extend(seen(verdicts).tolist())
        for name, tally in tallies.items():
            tally.alarms += sum(int(one.violated.sum()) for one in quiet[name])
            tally.onsets += onsets(quiet[name])
    return Cell(scenario.name, rows, months, float(np.median(limits)), tallies)


class _Rules:
    """Every rule, having seen the baseline of one feature."""

    def __init__(self, feature: Feature, scenario: Scenario, baseline: Windows, features: int) -> None:
        self.feature = feature
        self.baseline = baseline
        alpha = shared_alpha(0.01, features * ours.CHECKS_OF_A_FEATURE)
        self.own = ours.Judge(feature, baseline, alpha, scenario.stamped)
        self.shape: list[Evidence] = []

    def judge(self, month: Windows) -> dict[str, list[Verdicts]]:
        """Verdicts of each rule."""
        judged = self.own.judge(month)
        self.shape = judged.shape
        verdicts = {peer.name: peer.judge(self.feature, self.baseline, month) for peer in PEERS}
        return {OURS: judged.verdicts, **verdicts}


def _concerns(change: Change, feature: Feature) -> bool:
    """A shift is tried on continuous features, new values on categories, missing values on all."""
    if change.shift:
        return feature.kind is Kind.CONTINUOUS
    return not change.new_values or not feature.numeric


def _changed(before: list[Verdicts], after: list[Verdicts]) -> int:
    return sum(int((one.violated != other.violated).sum()) for one, other in zip(before, after, strict=True))

"""Answers and labels made up for pages and tests of model quality, and what is counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from model_monitor_crds.window import Window
from model_monitor_jobs.checks.model_quality.measured import measure
from model_monitor_jobs.checks.model_quality.reference import Reference
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance, PerformanceWindows
from model_monitor_jobs.profiles.performance.by_problem import empty_counts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.performance.rows import BLOCKS, LabelledRows
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.model_quality_constraints import (
    constraints_document,
    read_model_quality_constraints,
)

DAY: Final = timedelta(days=1)
WINDOW: Final = Window(datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))
BINARY: Final = Problem("BinaryClassification", ("0", "1"))
Parts = Mapping[SegmentKey, LabelledRows]


def binary(count: int, spread: float, seed: int, positives: float = 0.2) -> LabelledRows:
    """Answers of a classifier whose scores of both labels lie `spread` standard deviations apart."""
    random = np.random.default_rng(seed)
    actual = (random.random(count) < positives).astype(np.int64)
    evidence = random.normal(spread * (actual - 0.5), 1.0)
    score = 1 / (1 + np.exp(-(evidence * 1.8 + np.log(positives / (1 - positives)))))
    return LabelledRows(actual, (score > 0.5).astype(np.int64), score, _blocks(random, count), BINARY.classes)


def multiclass(count: int, classes: Sequence[str], right: float, seed: int) -> LabelledRows:
    """Answers that are right with a chance, and else one of the neighbours; the first classes are the most frequent."""
    random = np.random.default_rng(seed)
    weights = 0.82 ** np.arange(len(classes))
    actual = random.choice(len(classes), count, p=weights / weights.sum())
    wrong = (actual + random.choice([-1, 1, 2], count)) % len(classes)
    predicted = np.where(random.random(count) < right, actual, wrong)
    score = np.full((count, len(classes)), 0.3 / (len(classes) - 1))
    sure = random.beta(6, 2, count)
    score = score * ((1 - sure) / 0.3)[:, np.newaxis]
    score[np.arange(count), predicted] = sure
    return LabelledRows(actual, predicted, score, _blocks(random, count), tuple(classes))


def regression(count: int, noise: float, bias: float, seed: int) -> LabelledRows:
    """Answers that are off by a bias and by noise with heavy tails."""
    random = np.random.default_rng(seed)
    actual = random.lognormal(3.2, 0.5, count)
    predicted = actual + bias + noise * random.standard_t(4, count)
    return LabelledRows(actual, predicted, None, _blocks(random, count))


def profile_of(problem: Problem, rows: LabelledRows) -> PerformanceProfile:
    profile = PerformanceProfile.empty(problem, scored=rows.score is not None)
    profile.update(rows)
    return profile


def reference(problem: Problem, parts: Parts, days: int = 30) -> Reference:
    """A baseline whose rows are spread over days that are alike."""
    profiles = {key: profile_of(problem, rows) for key, rows in parts.items()}
    scored = parts[()].score is not None
    windows = []
    if days:
        counts = {}
        for key, rows in parts.items():
            counts[key] = empty_counts(problem, days, scored=scored)
            counts[key].update(rows, np.arange(len(rows)) % days)
        first = int((WINDOW.start - 40 * DAY).timestamp())
        windows.append(PerformanceWindows(DAY, first + 86_400 * np.arange(days), counts))
    baseline = BaselinePerformance(problem, scored, {}, profiles, windows)
    measured = {key: measure(profile.counts, profile.overall) for key, profile in profiles.items()}
    written = to_json(constraints_document(problem.type, measured[()]))
    constraints = read_model_quality_constraints(written, "constraints.json", problem.type).metrics(problem.type)
    return Reference(problem, constraints, len(parts[()]), baseline, measured)


def together(parts: Sequence[LabelledRows]) -> LabelledRows:
    def joined(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return LabelledRows(joined("actual"), joined("predicted"), joined("score"), joined("blocks"), parts[0].classes)


def _blocks(random: np.random.Generator, count: int) -> Any:
    return random.integers(0, BLOCKS, count)

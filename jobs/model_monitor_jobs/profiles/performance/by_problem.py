"""The counts and the overall part of each type of problem."""

from __future__ import annotations

from collections.abc import Mapping

from model_monitor_jobs.profiles.grouped_arrays import Part
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.multiclass import ConfusionMatrix, MulticlassCounts
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.regression import ErrorSketches, RegressionCounts
from model_monitor_jobs.profiles.performance.scores import ScoreTable


def empty_counts(problem: Problem, groups: int, *, scored: bool = False, shift: float = 0.0) -> PerformanceCounts:
    """Counts without rows of a problem's type.

    `scored`: whether answers have probabilities (classification). `shift`: a number near the mean of the labels
    (regression).
    """
    if problem.type == "BinaryClassification":
        return BinaryCounts.empty(problem, groups, scored=scored)
    if problem.type == "MulticlassClassification":
        return MulticlassCounts.empty(problem, groups, scored=scored)
    return RegressionCounts.empty(problem, groups, shift=shift)


def counts_from_arrays(problem: Problem, arrays: Mapping[str, Part]) -> PerformanceCounts:
    """What `PerformanceCounts.arrays` gave; raises ValueError for arrays of other names, types or shapes."""
    if problem.type == "BinaryClassification":
        return BinaryCounts.from_arrays(problem, arrays)
    if problem.type == "MulticlassClassification":
        return MulticlassCounts.from_arrays(problem, arrays)
    return RegressionCounts.from_arrays(problem, arrays)


def empty_overall(problem: Problem, *, scored: bool = False) -> Overall | None:
    """An overall part without rows; None for a binary problem without scores, which needs none."""
    if problem.type == "BinaryClassification":
        return ScoreTable() if scored else None
    return ConfusionMatrix() if problem.type == "MulticlassClassification" else ErrorSketches()


def overall_from_arrays(problem: Problem, arrays: Mapping[str, Part]) -> Overall:
    """What `Overall.arrays` gave; raises ValueError for arrays of other names or shapes."""
    if problem.type == "BinaryClassification":
        return ScoreTable.from_arrays(arrays)
    if problem.type == "MulticlassClassification":
        return ConfusionMatrix.from_arrays(arrays)
    return ErrorSketches.from_arrays(arrays)

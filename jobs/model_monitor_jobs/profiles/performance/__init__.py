"""How well a model's answers fit the labels, as sums that merge."""

from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.by_problem import (
    counts_from_arrays,
    empty_counts,
    empty_overall,
    overall_from_arrays,
)
from model_monitor_jobs.profiles.performance.counts import LEAST_PROBABILITY, PerformanceCounts
from model_monitor_jobs.profiles.performance.multiclass import ConfusionMatrix, MulticlassCounts
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.problem import Problem, canonical_label, canonical_labels, find_classes
from model_monitor_jobs.profiles.performance.regression import ErrorSketches, RegressionCounts
from model_monitor_jobs.profiles.performance.rows import (
    BLOCKS,
    Answers,
    Decoded,
    InvalidValues,
    LabelledRows,
    block_of,
    decode,
    decode_answers,
)
from model_monitor_jobs.profiles.performance.scores import ScoreTable

__all__ = [
    "BLOCKS",
    "LEAST_PROBABILITY",
    "Answers",
    "BinaryCounts",
    "ConfusionMatrix",
    "Decoded",
    "ErrorSketches",
    "InvalidValues",
    "LabelledRows",
    "MulticlassCounts",
    "Overall",
    "PerformanceCounts",
    "Problem",
    "RegressionCounts",
    "ScoreTable",
    "block_of",
    "canonical_label",
    "canonical_labels",
    "counts_from_arrays",
    "decode",
    "decode_answers",
    "empty_counts",
    "empty_overall",
    "find_classes",
    "overall_from_arrays",
]

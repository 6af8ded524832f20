"""Reading the files of a model quality baseline for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.model_quality import PROBABILITY_THRESHOLD, ModelQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.model_quality.measured import measure
from model_monitor_jobs.checks.model_quality.reference import Measured, Reference
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.estimation.samples import ReferenceSample
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.baseline import (
    BaselinePerformance,
    read_baseline_performance,
)
from model_monitor_jobs.profiles.performance.parts import measured_segments
from model_monitor_jobs.profiles.performance.problem import Problem, canonical_label
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.runs.answers import check_threshold
from model_monitor_jobs.runs.loading import edited_files, fitting_length
from model_monitor_jobs.sagemaker.model_quality import read_model_quality_statistics
from model_monitor_jobs.sagemaker.model_quality_constraints import problem_of, read_model_quality_constraints
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class LoadedPerformance:
    """A model quality baseline read from its files.

    `classes_known`: whether the labels of a classification are known, as they are but for adopted files.
    """

    files: BaselineFiles
    reference: Reference
    notes: tuple[str, ...] = ()
    unlearned: str = ""
    """Why the usual variation of windows like the judged one is unknown."""
    classes_known: bool = True
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def roles(self) -> Mapping[str, ColumnRole]:
        """The columns of its dataset in their order, with what they are for."""
        return self.reference.baseline.roles if self.reference.baseline is not None else {}

    def sample(self, storage: Storage) -> ReferenceSample | None:
        """Rows of its dataset to estimate from, if it has any."""
        uri = self.files.sample_uri
        return ReferenceSample.read(storage.read_bytes(uri), uri) if uri is not None else None


def load_performance(
    files: BaselineFiles, settings: ModelQuality, storage: Storage, window: Window | None
) -> LoadedPerformance:
    """Read a baseline's files, of its own windows those as long as the judged one.

    Constraints that were edited since are followed, and noted. Raises InputError for files that can't be used,
    ConfigurationError where the monitor's settings are of another problem.
    """
    uris = [uri for uri in (files.statistics_uri, files.constraints_uri) if uri is not None]
    content = {uri: storage.read_bytes(uri) for uri in uris}
    followed = files.profile_uri is None or settings.compatibility == "SageMaker"
    notes = edited_files(files, content, followed=followed)
    if files.profile_uri is None:
        problem = _adopted(settings, content[files.constraints_uri], files.constraints_uri)
        constraints = read_model_quality_constraints(
            content[files.constraints_uri], files.constraints_uri, problem.type
        )
        stated: dict[str, float] = {}
        if (uri := files.statistics_uri) is not None:
            statistics = read_model_quality_statistics(content[uri], uri, problem.type)
            stated = {name: metric.value for name, metric in statistics.metrics(problem.type).items()}
        reference = Reference(problem, constraints.metrics(problem.type), files.record_count, stated=stated)
        why = "it was made from existing files, which do not tell"
        known = problem.type == "Regression" or bool(problem.classes)
        return LoadedPerformance(files, reference, notes, why, known)
    baseline = read_baseline_performance(storage.read_bytes(files.profile_uri), files.profile_uri)
    problem = _resolved(baseline.problem, settings)
    constraints = read_model_quality_constraints(content[files.constraints_uri], files.constraints_uri, problem.type)
    baseline, unlearned = _of_length(replace(baseline, problem=problem), window)
    segments = measured_segments(baseline.whole)
    measured: dict[SegmentKey, Measured] = {
        key: measure(profile.counts, profile.overall, settings.costs)
        for key, profile in baseline.whole.items()
        if key in segments
    }
    reference = Reference(problem, constraints.metrics(problem.type), files.record_count, baseline, measured)
    return LoadedPerformance(files, reference, notes, unlearned, segments=baseline.segments)


def _of_length(baseline: BaselinePerformance, window: Window | None) -> tuple[BaselinePerformance, str]:
    """The baseline with the windows that fit, and why there are none."""
    lengths = tuple(windows.length for windows in baseline.windows)
    stamped = "timestamp" in baseline.roles.values()
    length, why = fitting_length(lengths, window, stamped=stamped)
    return replace(baseline, windows=[own for own in baseline.windows if own.length == length]), why


def _resolved(problem: Problem, settings: ModelQuality) -> Problem:
    """The baseline's problem, which the monitor's settings may repeat but not change."""
    if settings.problem_type not in (None, problem.type):
        raise ConfigurationError(
            f"spec.modelQuality.problemType: is {settings.problem_type}, the baseline's is {problem.type}",
            remedy="leave it out, or name the baseline of this problem",
        )
    if problem.type == "BinaryClassification" and settings.positive_label is not None:
        wanted = canonical_label(settings.positive_label)
        if wanted != problem.classes[1]:
            raise ConfigurationError(
                f"spec.modelQuality.positiveLabel: is {settings.positive_label!r}, the baseline's is "
                f"{problem.classes[1]!r}",
                remedy="leave it out, or set spec.modelQuality.positiveLabel of the Baseline",
            )
    if problem.type == "BinaryClassification":
        check_threshold("spec.modelQuality.probabilityThreshold", settings.probability_threshold, problem.threshold)
    return problem


def _adopted(settings: ModelQuality, constraints: bytes, uri: str) -> Problem:
    """The problem that adopted constraints are of; its labels are not in them."""
    kind = problem_of(constraints, uri)
    if settings.problem_type not in (None, kind):
        raise ConfigurationError(
            f"spec.modelQuality.problemType: is {settings.problem_type}, {uri} is of {kind}",
            remedy="leave it out, or name the baseline of this problem",
        )
    return Problem(kind, threshold=settings.probability_threshold or PROBABILITY_THRESHOLD)

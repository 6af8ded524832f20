"""Reading the files of a bias baseline for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.bias import ModelBias
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.bias.baseline import BaselineBias, read_baseline_bias
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.runs.answers import check_threshold
from model_monitor_jobs.runs.bias_problem import problem_of, stray_facets
from model_monitor_jobs.runs.loading import edited_files, fitting_length
from model_monitor_jobs.runs.model_bias_baseline import measure_all
from model_monitor_jobs.sagemaker.analysis import read_analysis
from model_monitor_jobs.sagemaker.bias_drift import bias_constraints
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class LoadedBias:
    """A bias baseline read from its files."""

    files: BaselineFiles
    reference: BiasReference
    label: str
    """What analysis.json calls the label."""
    notes: tuple[str, ...] = ()
    unlearned: str = ""
    """Why the usual variation of windows like the judged one is unknown."""

    @property
    def roles(self) -> Mapping[str, ColumnRole]:
        """The columns of its dataset in their order, with what they are for."""
        return self.reference.baseline.roles if self.reference.baseline is not None else {}


def load_bias(files: BaselineFiles, settings: ModelBias, storage: Storage, window: Window | None) -> LoadedBias:
    """Read a baseline's files, of its own windows those as long as the judged one.

    An analysis.json that was edited since is followed, and noted. Raises InputError for files that can't be used.
    """
    uri = files.constraints_uri
    content = storage.read_bytes(uri)
    notes = edited_files(files, {uri: content})
    analysis = read_analysis(content, uri)
    constraints = {constraint.key: constraint for constraint in bias_constraints(analysis)}
    label = next((own.label for own in analysis.sections.values() if own.label), "label")
    if files.profile_uri is None:
        problem = problem_of(analysis, settings.group, settings.probability_threshold or 0.5, uri)
        why = "it was made from an existing analysis.json, which does not tell"
        return LoadedBias(files, BiasReference(problem, constraints, files.record_count), label, notes, why)
    if settings.group is not None:
        raise ConfigurationError(
            "spec.modelBias.group: the baseline was made from a dataset", remedy="set modelBias.group of the Baseline"
        )
    baseline = read_baseline_bias(storage.read_bytes(files.profile_uri), files.profile_uri)
    problem = baseline.problem
    check_threshold("spec.modelBias.probabilityThreshold", settings.probability_threshold, problem.threshold)
    baseline, unlearned = _of_length(baseline, window)
    measured = measure_all(baseline.whole, baseline.flips)
    reference = BiasReference(problem, constraints, files.record_count, baseline, measured)
    return LoadedBias(files, reference, label, (*notes, *stray_facets(analysis, problem)), unlearned)


def _of_length(baseline: BaselineBias, window: Window | None) -> tuple[BaselineBias, str]:
    """The baseline with the windows that fit, and why there are none."""
    lengths = tuple(windows.length for windows in baseline.windows)
    length, why = fitting_length(lengths, window, stamped="timestamp" in baseline.roles.values())
    return replace(baseline, windows=[own for own in baseline.windows if own.length == length]), why

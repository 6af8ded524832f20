"""Reading the files of a bias baseline for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.bias import ModelBias
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.bias.baseline import BaselineBias, read_baseline_bias
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.runs.answers import check_threshold
from model_monitor_jobs.runs.bias_problem import problem_of, stray_facets
from model_monitor_jobs.runs.loading import edited_files, fitting_length
from model_monitor_jobs.runs.model_bias_baseline import measure_all
from model_monitor_jobs.sagemaker.analysis import read_analysis
from model_monitor_jobs.sagemaker.analysis_config import AnalysisConfig, read_analysis_config
from model_monitor_jobs.sagemaker.bias_drift import bias_constraints
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class LoadedBias:
    """A bias baseline read from its files."""

    files: BaselineFiles
    reference: BiasReference
    label: str
    """What analysis.json calls the label."""
    roles: Mapping[str, ColumnRole] = field(default_factory=dict)
    """The columns of its dataset in their order, with what they are for; none where nothing tells."""
    notes: tuple[str, ...] = ()
    unlearned: str = ""
    """Why the usual variation of windows like the judged one is unknown."""


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
        config, told = _configuration(settings, storage)
        uri_of_config = settings.analysis_config_uri or ""
        group = settings.group
        if group is None and config.group_variable is not None:
            group = config.column(config.group_variable, "group_variable", uri_of_config)
        given = (settings.probability_threshold, config.probability_threshold, 0.5)
        threshold = next(each for each in given if each is not None)
        reference = BiasReference(problem_of(analysis, group, threshold, uri), constraints, files.record_count)
        roles = _roles(config, uri_of_config)
        why = "it was made from an existing analysis.json, which does not tell"
        return LoadedBias(files, reference, label, roles, (*notes, *told), why)
    for setting, value in (("group", settings.group), ("analysisConfigURI", settings.analysis_config_uri)):
        if value is not None:
            raise ConfigurationError(
                f"spec.modelBias.{setting}: the baseline was made from a dataset",
                remedy=f"set modelBias.{setting} of the Baseline",
            )
    baseline = read_baseline_bias(storage.read_bytes(files.profile_uri), files.profile_uri)
    problem = baseline.problem
    check_threshold("spec.modelBias.probabilityThreshold", settings.probability_threshold, problem.threshold)
    baseline, unlearned = _of_length(baseline, window)
    measured = measure_all(baseline.whole, baseline.flips)
    reference = BiasReference(problem, constraints, files.record_count, baseline, measured)
    return LoadedBias(files, reference, label, baseline.roles, (*notes, *stray_facets(analysis, problem)), unlearned)


def _configuration(settings: ModelBias, storage: Storage) -> tuple[AnalysisConfig, list[str]]:
    """Clarify's configuration, one that says nothing where none is named, and notes on it."""
    uri = settings.analysis_config_uri
    if uri is None:
        return AnalysisConfig(), []
    config, notes = read_analysis_config(storage.read_bytes(uri), uri)
    return config, [f"{uri}: {note}" for note in notes]


def _roles(config: AnalysisConfig, uri: str) -> dict[str, ColumnRole]:
    """What the columns that headers name are for. Raises InputError for a name that stands twice."""
    if repeated := sorted({name for name in config.headers if config.headers.count(name) > 1}):
        raise InputError(f"{uri}: headers: {repeated[0]!r} stands twice", remedy="give each column a name of its own")
    roles: dict[str, ColumnRole] = dict.fromkeys(config.headers, "feature")
    named: list[tuple[str, ColumnRole, str | int | None]] = [
        *(("excluded_columns", "excluded", column) for column in config.excluded_columns),
        ("joinsource_name_or_index", "excluded", config.joinsource_name_or_index),
        ("predicted_label", "prediction", config.predicted_label),
        ("label", "groundTruth", config.label),
    ]
    for setting, role, column in named:
        if column is not None and (name := config.column(column, setting, uri)) in roles:
            roles[name] = role
    return roles


def _of_length(baseline: BaselineBias, window: Window | None) -> tuple[BaselineBias, str]:
    """The baseline with the windows that fit, and why there are none."""
    lengths = tuple(windows.length for windows in baseline.windows)
    length, why = fitting_length(lengths, window, stamped="timestamp" in baseline.roles.values())
    return replace(baseline, windows=[own for own in baseline.windows if own.length == length]), why

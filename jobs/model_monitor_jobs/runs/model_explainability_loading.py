"""Reading the files of an explainability baseline for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.window import Window
from model_monitor_jobs.attribution.baseline import BaselineAttributions, read_baseline_attributions
from model_monitor_jobs.checks.explainability.reference import AttributionReference
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.runs.explanation_problem import ExplanationProblem, given_explanation
from model_monitor_jobs.runs.loading import edited_files, fitting_length
from model_monitor_jobs.runs.model_explainability_baseline import explanation_of
from model_monitor_jobs.sagemaker.analysis import read_analysis
from model_monitor_jobs.sagemaker.attributions import LabelExplanation, read_explanations
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class LoadedExplanation:
    """An explainability baseline read from its files, and what is asked of which model."""

    files: BaselineFiles
    reference: AttributionReference
    problem: ExplanationProblem
    roles: Mapping[str, ColumnRole]
    """The columns of its dataset in their order; of an adopted file those that the file names."""
    notes: tuple[str, ...] = ()
    unlearned: str = ""
    """Why the usual variation of windows like the judged one is unknown."""

    @property
    def features(self) -> list[str]:
        """The model's features in their order."""
        return [name for name, role in self.roles.items() if role == "feature"]


def load_explanation(
    files: BaselineFiles, settings: ModelExplainability, storage: Storage, window: Window | None
) -> LoadedExplanation:
    """Read a baseline's files.

    An analysis.json that was edited since is followed, and noted. Raises InputError for files that can't be used,
    ConfigurationError where it is not said which model is asked.
    """
    uri = files.constraints_uri
    content = storage.read_bytes(uri)
    notes = edited_files(files, {uri: content})
    explained = read_explanations(read_analysis(content, uri), uri)
    if files.profile_uri is None:
        return _adopted(files, explained, given_explanation(settings, storage), notes)
    baseline = read_baseline_attributions(storage.read_bytes(files.profile_uri), files.profile_uri)
    problem = ExplanationProblem.of_document(baseline.asked, settings)
    length, unlearned = fitting_length(baseline.lengths, window, stamped="timestamp" in baseline.roles.values())
    reference = AttributionReference(
        explained, problem.shap.aggregation, baseline, _edited(explained, baseline, problem), length
    )
    return LoadedExplanation(files, reference, problem, baseline.roles, notes, unlearned)


def _adopted(
    files: BaselineFiles, explained: Mapping[str, LabelExplanation], problem: ExplanationProblem, notes: tuple[str, ...]
) -> LoadedExplanation:
    """The features are the columns that Clarify's headers name, else those of the explanations, in their order."""
    first = next(iter(explained.values()))
    order = problem.order or tuple(first.global_shap_values)
    roles: dict[str, ColumnRole] = {name: "excluded" if name in problem.excluded else "feature" for name in order}
    why = "it was made from an existing analysis.json, which does not tell"
    reference = AttributionReference(explained, problem.shap.aggregation)
    return LoadedExplanation(files, reference, problem, roles, (*notes, *problem.notes), why)


def _edited(
    explained: Mapping[str, LabelExplanation], baseline: BaselineAttributions, problem: ExplanationProblem
) -> frozenset[str]:
    """The labels some of whose values are others than were measured; features that were deleted are none."""
    measured = explanation_of(baseline.attributions, baseline.labels, problem)
    return frozenset(
        label
        for label, own in explained.items()
        if label not in measured
        or any(measured[label].global_shap_values.get(name) != value for name, value in own.global_shap_values.items())
    )

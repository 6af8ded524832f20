"""What a bias monitor compares: from the settings of a Baseline, or from Clarify's files, to facets and labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model_monitor_crds.bias import BiasFacet
from model_monitor_crds.bias import BiasProblem as ProblemSettings
from model_monitor_jobs.checks.bias.metrics import LABEL_FREE
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.bias import BiasProblem, Facet, Selection, read_selection, selections
from model_monitor_jobs.profiles.bias.data_types import Given
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.sagemaker.analysis import POST_TRAINING, PRE_TRAINING, Analysis
from model_monitor_jobs.sagemaker.analysis_config import AnalysisConfig, read_analysis_config
from model_monitor_jobs.sources.headers import is_number
from model_monitor_jobs.storage import Storage

CLARIFYS = frozenset(PRE_TRAINING) | frozenset(POST_TRAINING)


@dataclass(frozen=True)
class GivenFacet:
    """A facet as it was given; what its values select depends on the column's type."""

    column: str
    values: tuple[Given, ...]
    threshold: float | None
    setting: str
    """Where it was given, for errors."""
    categorical: bool
    """Whether the values are values, also where the column has numbers."""

    def selections(self, column: ColumnProfile) -> list[Selection]:
        """What it selects of its column."""
        return _selections(column, self.values, self.threshold, self.setting, self.categorical)


@dataclass(frozen=True)
class GivenProblem:
    """A problem as it was given, the metrics that analysis.json shall have, and what was passed over."""

    facets: tuple[GivenFacet, ...]
    positive: GivenFacet
    group: str | None
    threshold: float
    metrics: frozenset[str] = CLARIFYS
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns of facets and strata."""
        return list(dict.fromkeys([*(facet.column for facet in self.facets), *([self.group] if self.group else [])]))

    def resolved(self, columns: Mapping[str, ColumnProfile], outcome: str) -> BiasProblem:
        """The problem, from the profiles of its columns; `outcome` is that of the label, or of the answer.

        Raises ConfigurationError where what was given does not fit a column.
        """
        facets = [
            Facet(facet.column, selection)
            for facet in self.facets
            for selection in facet.selections(columns[facet.column])
        ]
        keys = [(facet.column, facet.selection.key) for facet in facets]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                raise ConfigurationError(
                    f"{self.facets[0].setting.partition('[')[0]}: the same group of {facets[place].column!r} twice"
                )
        (positive, *others) = self.positive.selections(columns[outcome])
        if others:
            raise ConfigurationError(
                f"{self.positive.setting}: is empty", remedy="name the labels that are a good answer"
            )
        return BiasProblem(tuple(facets), positive, self.threshold, self.group)


def given_problem(settings: ProblemSettings, storage: Storage) -> GivenProblem:
    """The problem of a Baseline's settings, or of the analysis_config.json that they name.

    Raises InputError for a file that can't be used.
    """
    uri = settings.analysis_config_uri
    if uri is not None:
        config, notes = read_analysis_config(storage.read_bytes(uri), uri)
        return _configured(config, notes, uri)
    place = "spec.modelBias"
    facets = tuple(_given(facet, f"{place}.facets[{index}]") for index, facet in enumerate(settings.facets))
    positive = GivenFacet(
        "", tuple(settings.positive_labels), settings.positive_threshold, f"{place}.positiveLabels", categorical=True
    )
    return GivenProblem(facets, positive, settings.group, settings.probability_threshold)


def _given(facet: BiasFacet, setting: str) -> GivenFacet:
    return GivenFacet(facet.name, tuple(facet.values), facet.threshold, setting, categorical=True)


def _configured(config: AnalysisConfig, notes: Iterable[str], uri: str) -> GivenProblem:
    if not config.facet:
        raise InputError(f"{uri}: facet is missing", remedy="name the column of each facet")
    facets = tuple(
        GivenFacet(
            config.column(facet.name_or_index, f"facet[{place}].name_or_index", uri),
            tuple(facet.value_or_threshold),
            None,
            f"{uri}: facet[{place}].value_or_threshold",
            categorical=False,
        )
        for place, facet in enumerate(config.facet)
    )
    setting = f"{uri}: label_values_or_threshold"
    positive = GivenFacet("", tuple(config.label_values_or_threshold), None, setting, categorical=False)
    group = config.group_variable
    return GivenProblem(
        facets,
        positive,
        config.column(group, "group_variable", uri) if group is not None else None,
        0.5 if config.probability_threshold is None else config.probability_threshold,
        config.metrics,
        tuple(f"{uri}: {note}" for note in notes),
    )


def _selections(
    column: ColumnProfile, values: Sequence[Given], threshold: float | None, setting: str, categorical: bool
) -> list[Selection]:
    if threshold is not None:
        return [Selection(threshold=threshold)]
    if values and categorical:
        return [Selection(tuple(map(str, values)))]
    return selections(column, values, setting)


def check_scores(problem: BiasProblem, prediction: str | None, probability: str | None, uri: str) -> None:
    """Raise ConfigurationError where Clarify's file and ours would read a probability the other way round.

    A probability above its threshold is the label 1 for Clarify; here it is that of a good answer.
    """
    values = problem.positive.values
    if probability is None or prediction is not None or not values or not all(map(is_number, values)):
        return
    if all(float(value) != 1 for value in values):
        raise ConfigurationError(
            f"{uri}: a good answer is {' or '.join(values)}, but a probability above its threshold is 1 for SageMaker",
            remedy="name the predicted label in columns.prediction",
        )


def problem_of(analysis: Analysis, group: str | None, threshold: float, uri: str) -> BiasProblem:
    """The problem that an analysis.json is of.

    Raises InputError where it has no facet, or does not tell which labels are positive.
    """
    sections = analysis.sections.values()
    facets: dict[tuple[str, frozenset[str] | float], Facet] = {}
    for section in sections:
        for column, entries in section.facets.items():
            for entry in entries:
                selection = read_selection(entry.value_or_threshold)
                facets.setdefault((column, selection.key), Facet(column, selection))
    if not facets:
        raise InputError(f"{uri}: has no facet", remedy="name the analysis.json of a bias monitor")
    positive = next((own.label_value_or_threshold for own in sections if own.label_value_or_threshold), None)
    if positive is None:
        raise InputError(
            f"{uri}: label_value_or_threshold is missing", remedy="write into its sections which labels are positive"
        )
    return BiasProblem(tuple(facets.values()), read_selection(positive), threshold, group)


def measurable(*, labels: bool, answers: bool) -> frozenset[str]:
    """The metrics that there are where labels or answers are lacking altogether."""
    names = CLARIFYS | {"EOD", "EOR"}
    names = names if answers else frozenset(PRE_TRAINING)
    return names if labels else names & LABEL_FREE


def stray_facets(analysis: Analysis, problem: BiasProblem) -> Iterator[str]:
    """Notes on facets of an analysis.json that the baseline was not made with."""
    known = {(facet.column, facet.selection.key) for facet in problem.facets}
    seen = {
        (column, read_selection(entry.value_or_threshold).key): entry.value_or_threshold
        for section in analysis.sections.values()
        for column, entries in section.facets.items()
        for entry in entries
    }
    for key, text in seen.items():
        if key not in known:
            yield (
                f"facet {key[0]} {text} of analysis.json is not judged: the baseline was not made with it; name it in "
                "modelBias.facets of the Baseline, which is then made again"
            )

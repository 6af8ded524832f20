"""analysis_config.json of SageMaker Clarify: which facets, labels and metrics a bias monitor has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.analysis import POST_TRAINING, PRE_TRAINING, SECTIONS
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json, refuse_repeated_keys
from model_monitor_jobs.sagemaker.explanations import expecting, stray_key

Scalar = Annotated[StrictStr | StrictBool | StrictInt | StrictFloat, expecting("a text, a number, true or false")]
Column = Annotated[StrictStr | StrictInt, expecting("the name or the number of a column")]
Names = Annotated[Literal["all"] | list[str], expecting('"all" or a list of metrics')]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), expecting("a number from 0 to 1")]


class FacetConfig(Part):
    """A facet: its column, and the values of the disadvantaged group or the threshold above which rows are in it."""

    name_or_index: Column
    value_or_threshold: list[Scalar] = []


class BiasMethods(Part):
    """The metrics of a stage."""

    methods: Names = "all"


class Methods(Part):
    """What is analysed."""

    pre_training_bias: BiasMethods | None = None
    post_training_bias: BiasMethods | None = None
    shap: Any = None
    pdp: Any = None
    report: Any = None


class AnalysisConfig(Part):
    """The whole file."""

    version: str | float = "1.0"
    headers: list[str] = []
    label: Column | None = None
    predicted_label: Column | None = None
    label_values_or_threshold: list[Scalar] = []
    facet: list[FacetConfig] = []
    group_variable: Column | None = None
    probability_threshold: Probability | None = None
    methods: Methods = Field(default_factory=Methods)
    dataset_type: Any = None
    dataset_uri: Any = None
    features: Any = None
    excluded_columns: Any = None
    facet_dataset_uri: Any = None
    facet_headers: Any = None
    joinsource_name_or_index: Any = None
    predicted_label_dataset_uri: Any = None
    predicted_label_headers: Any = None
    predictor: Any = None

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that are asked for; those of both stages where neither is named, as in monitoring jobs."""
        stages = ((self.methods.pre_training_bias, PRE_TRAINING), (self.methods.post_training_bias, POST_TRAINING))
        named = [(stage, names) for stage, names in stages if stage is not None]
        if not named:
            return frozenset(PRE_TRAINING) | frozenset(POST_TRAINING)
        return frozenset(
            name for stage, names in named for name in (names if stage.methods == "all" else stage.methods)
        )

    def column(self, name_or_index: str | int, setting: str, uri: str) -> str:
        """The name of a column that is given by its name, or by its number from 0 among the headers.

        `setting` is the key where it stands. Raises InputError for a number that no header has.
        """
        if isinstance(name_or_index, str):
            return name_or_index
        if not 0 <= name_or_index < len(self.headers):
            raise InputError(
                f"{uri}: {setting}: column {name_or_index} of {len(self.headers)} headers",
                remedy="name the column, or list all of them in headers",
            )
        return self.headers[name_or_index]


_WITHOUT_MEANING: Final = {
    "dataset_type": "the format is that of the Baseline's dataset or the schedule's input",
    "dataset_uri": "data are those of the Baseline's dataset or the schedule's input",
    "features": "features are read as the schedule's input says",
    "excluded_columns": "only facets, label, predictions and group are read; the flip test takes all numeric columns",
    "facet_dataset_uri": "facets are columns of the data",
    "facet_headers": "facets are columns of the data",
    "joinsource_name_or_index": "records are joined with labels by their id",
    "predicted_label_dataset_uri": "predictions are columns of the data, or in input.batch.predictionsURI",
    "predicted_label_headers": "predictions are columns of the data, or in input.batch.predictionsURI",
    "predictor": "no model is called; predictions are those of the data",
    "methods.shap": "a bias monitor explains no predictions",
    "methods.pdp": "a bias monitor explains no predictions",
    "methods.report": "every run writes report.html",
}


def read_analysis_config(content: bytes, uri: str) -> tuple[AnalysisConfig, list[str]]:
    """Read analysis_config.json; and for each of its keys that has no meaning here, a message that says so.

    Raises InputError with line and column where it is no JSON, with the path in the file, the value, and what was
    expected where a value is wrong, for misspelt keys and for metrics that Clarify does not have.
    """
    document = read_json(content, uri)
    refuse_repeated_keys(content, uri)
    if isinstance(document, dict) and not SECTIONS.keys().isdisjoint(document):
        raise InputError(f"{uri}: is an analysis.json; an analysis_config.json was expected here")
    if isinstance(document, dict) and (stray := stray_key(AnalysisConfig, document, _HOMES)):
        raise InputError(f"{uri}: {stray}")
    config = parse(AnalysisConfig, document, uri)
    for stage, known in (("pre_training_bias", PRE_TRAINING), ("post_training_bias", POST_TRAINING)):
        asked = getattr(config.methods, stage)
        unknown = [] if asked is None or asked.methods == "all" else sorted(set(asked.methods) - set(known))
        if unknown:
            raise InputError(
                f"{uri}: methods.{stage}.methods: unknown metric {unknown[0]!r}; expected of {', '.join(known)}"
            )
    return config, list(_messages(document, ""))


_HOMES: Final = {
    **dict.fromkeys(FacetConfig.model_fields, "an entry of facet"),
    **dict.fromkeys(Methods.model_fields, "methods"),
}


def _messages(document: Mapping[str, Any], place: str) -> Iterator[str]:
    known = Methods.model_fields if place else AnalysisConfig.model_fields
    for key, value in document.items():
        path = f"{place}{key}"
        if path in _WITHOUT_MEANING:
            yield f"{path}: has no meaning here; {_WITHOUT_MEANING[path]}"
        elif key not in known and key[:1].isalpha():
            yield f"{path}: has no meaning here; the key is unknown"
        elif path == "methods" and isinstance(value, dict):
            yield from _messages(value, "methods.")

"""analysis_config.json of SageMaker Clarify: what a bias monitor compares, and how an explainability monitor asks."""

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
Aggregation = Annotated[Literal["mean_abs", "median", "mean_sq"], expecting('"mean_abs", "median" or "mean_sq"')]
Purpose = Literal["bias", "explainability"]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), expecting("a number from 0 to 1")]


class FacetConfig(Part):
    """A facet: its column, and the values of the disadvantaged group or the threshold above which rows are in it."""

    name_or_index: Column
    value_or_threshold: list[Scalar] = []


class BiasMethods(Part):
    """The metrics of a stage."""

    methods: Names = "all"


class ShapConfig(Part):
    """Kernel SHAP: `baseline` are rows in the order of the features, or where they lie."""

    baseline: Annotated[
        StrictStr | list[list[Scalar | None]], expecting("rows, each a list of values, or the URI of a file")
    ] = []
    num_clusters: Annotated[int, Field(ge=1, le=100), expecting("a whole number from 1 to 100")] | None = None
    num_samples: Annotated[int, Field(ge=1), expecting("a whole number from 1 on")] | None = None
    agg_method: Aggregation = "mean_abs"
    use_logit: StrictBool = False
    save_local_shap_values: StrictBool = False
    seed: Annotated[int, Field(ge=0, le=2_147_483_647), expecting("a whole number from 0 on")] | None = None
    text_config: Any = None
    image_config: Any = None


class PartialDependenceConfig(Part):
    """Partial dependence plots."""

    features: Annotated[list[Column], expecting("a list of columns")] = []
    grid_resolution: Annotated[int, Field(ge=2, le=100), expecting("a whole number from 2 to 100")] = 15
    top_k_features: Annotated[int, Field(ge=1, le=100), expecting("a whole number from 1 to 100")] = 10


class PredictorConfig(Part):
    """How the model is spoken to; which one it is SageMaker's names don't tell."""

    content_type: str | None = None
    accept_type: str | None = None
    content_template: str | None = None
    record_template: str | None = None
    label: Column | None = None
    probability: Column | None = None
    label_headers: list[str] = []


class Methods(Part):
    """What is analysed."""

    pre_training_bias: BiasMethods | None = None
    post_training_bias: BiasMethods | None = None
    shap: ShapConfig | None = None
    pdp: PartialDependenceConfig | None = None
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
    excluded_columns: list[Column] = []
    facet_dataset_uri: Any = None
    facet_headers: Any = None
    joinsource_name_or_index: Column | None = None
    predicted_label_dataset_uri: Any = None
    predicted_label_headers: Any = None
    predictor: PredictorConfig | None = None

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


_ELSEWHERE: Final = {
    "dataset_type": "the format is that of the Baseline's dataset or the schedule's input",
    "dataset_uri": "data are those of the Baseline's dataset or the schedule's input",
    "features": "features are read as the schedule's input says",
    "facet_dataset_uri": "facets are columns of the data",
    "facet_headers": "facets are columns of the data",
    "joinsource_name_or_index": "records are joined with labels by their id",
    "predicted_label_dataset_uri": "predictions are columns of the data, or in input.batch.predictionsURI",
    "predicted_label_headers": "predictions are columns of the data, or in input.batch.predictionsURI",
    "methods.report": "every run writes report.html",
}
_NO_BIAS: Final = "an explainability monitor measures no bias"
_TABLES: Final = "only tables are explained"
_MODEL: Final = "the model is the one of modelExplainability.model"
_WITHOUT_MEANING: Final[Mapping[Purpose, Mapping[str, str]]] = {
    "bias": _ELSEWHERE
    | {
        "excluded_columns": "only facets, label, predictions and group are read; the flip test takes all numeric"
        " columns",
        "predictor": "no model is called; predictions are those of the data",
        "methods.shap": "a bias monitor explains no predictions",
        "methods.pdp": "a bias monitor explains no predictions",
    },
    "explainability": _ELSEWHERE
    | dict.fromkeys(
        (
            "facet",
            "group_variable",
            "label_values_or_threshold",
            "probability_threshold",
            "methods.pre_training_bias",
            "methods.post_training_bias",
        ),
        _NO_BIAS,
    )
    | dict.fromkeys(("methods.shap.text_config", "methods.shap.image_config"), _TABLES)
    | dict.fromkeys(
        (
            "predictor.model_name",
            "predictor.endpoint_name",
            "predictor.endpoint_name_prefix",
            "predictor.instance_type",
            "predictor.initial_instance_count",
            "predictor.accelerator_type",
            "predictor.target_model",
            "predictor.custom_attributes",
        ),
        _MODEL,
    ),
}


def read_analysis_config(content: bytes, uri: str, purpose: Purpose = "bias") -> tuple[AnalysisConfig, list[str]]:
    """Read analysis_config.json; and for each of its keys that has no meaning for a purpose, a message that says so.

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
    return config, list(_messages(document, "", _WITHOUT_MEANING[purpose]))


_HOMES: Final = {
    **dict.fromkeys(FacetConfig.model_fields, "an entry of facet"),
    **dict.fromkeys(Methods.model_fields, "methods"),
}


_PARTS: Final[Mapping[str, type[Part]]] = {
    "": AnalysisConfig,
    "methods": Methods,
    "methods.shap": ShapConfig,
    "methods.pdp": PartialDependenceConfig,
    "predictor": PredictorConfig,
}


def _messages(document: Mapping[str, Any], place: str, without_meaning: Mapping[str, str]) -> Iterator[str]:
    known = _PARTS[place].model_fields
    for key, value in document.items():
        path = f"{place}.{key}" if place else key
        if path in without_meaning:
            yield f"{path}: has no meaning here; {without_meaning[path]}"
        elif key not in known and key[:1].isalpha():
            yield f"{path}: has no meaning here; the key is unknown"
        elif path in _PARTS and isinstance(value, dict):
            yield from _messages(value, path, without_meaning)

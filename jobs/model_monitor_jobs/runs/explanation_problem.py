"""What an explainability monitor asks of which model: from a spec's settings, or from analysis_config.json."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from model_monitor_crds.data import Dataset
from model_monitor_crds.model_explainability import (
    ExplainedModel,
    ModelExplainability,
    ModelServer,
    PartialDependence,
    Protocol,
    Shap,
)
from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.feature_types import FeatureType, columns_of, typed_rows
from model_monitor_jobs.attribution.kernel_shap import MOST_SAMPLES, KernelShap
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.runs.traffic import open_rows
from model_monitor_jobs.sagemaker.analysis_config import (
    AnalysisConfig,
    PredictorConfig,
    ShapConfig,
    read_analysis_config,
)
from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.storage import Storage

MOST_BACKGROUND_ROWS: Final = 1_000
_PROTOCOLS: Final[dict[str, Protocol]] = {
    "text/csv": "CSV",
    "application/json": "JSON",
    "application/jsonlines": "JSONLines",
}


@dataclass(frozen=True)
class ExplanationProblem:
    """The model that is asked and how it is explained; `background_rows` are Clarify's, in the order of the features.

    `excluded` are columns that are no features, `order` the names of columns that data without names have, `notes` what
    was passed over.
    """

    model: ModelServer
    shap: Shap
    partial_dependence: PartialDependence | None
    background_rows: tuple[tuple[Any, ...], ...] = ()
    excluded: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kernel_shap(self) -> KernelShap:
        """The settings of Kernel SHAP."""
        return KernelShap(self.shap.samples, self.shap.use_logit, self.shap.seed)

    def document(self) -> dict[str, Any]:
        """As the API has it, so that runs ask what the baseline asked."""
        asked: dict[str, Any] = {"model": self.model.to_dict(), "shap": self.shap.to_dict()}
        if self.partial_dependence is not None:
            asked["partialDependence"] = self.partial_dependence.to_dict()
        return asked

    @classmethod
    def of_document(cls, asked: Any, settings: ModelExplainability) -> ExplanationProblem:
        """What a baseline asked, as a schedule has it now.

        Raises ConfigurationError where the schedule says what only the baseline can.
        """
        for field, value in (("shap", settings.shap), ("analysisConfigURI", settings.analysis_config_uri)):
            if value is not None:
                raise ConfigurationError(
                    f"spec.modelExplainability.{field}: the baseline was made from a dataset, and says it",
                    remedy=f"set modelExplainability.{field} of the Baseline",
                )
        model = ModelServer.model_validate(asked["model"])
        told = asked.get("partialDependence")
        known = PartialDependence.model_validate(told) if told is not None else None
        return cls(settings.model or model, Shap.model_validate(asked["shap"]), settings.partial_dependence or known)


def given_explanation(settings: ExplainedModel | ModelExplainability, storage: Storage) -> ExplanationProblem:
    """What a spec's settings ask, or the analysis_config.json that they name.

    Raises ConfigurationError where no model is named, InputError for a file that can't be used.
    """
    if settings.model is None:
        raise ConfigurationError(
            "spec.modelExplainability.model: is missing",
            remedy="the Baseline adopts an analysis.json, which names no model: set url, callable or estimator",
        )
    given = ExplanationProblem(settings.model, settings.shap or Shap(), settings.partial_dependence)
    uri = settings.analysis_config_uri
    if uri is None:
        return given
    config, notes = read_analysis_config(storage.read_bytes(uri), uri, "explainability")
    return _configured(given, config, tuple(notes), uri)


def _configured(
    given: ExplanationProblem, config: AnalysisConfig, notes: tuple[str, ...], uri: str
) -> ExplanationProblem:
    told, plots = config.methods.shap or ShapConfig(), config.methods.pdp
    rows = told.baseline if isinstance(told.baseline, list) else []
    shap = Shap(
        background_uri=told.baseline if isinstance(told.baseline, str) else None,
        clusters=told.num_clusters if not told.baseline else None,
        samples=min(told.num_samples or Shap().samples, MOST_SAMPLES),
        aggregation=told.agg_method,
        use_logit=told.use_logit,
        seed=Shap().seed if told.seed is None else told.seed,
        save_local_values=told.save_local_shap_values,
    )
    depends = given.partial_dependence
    if plots is not None and depends is None:
        depends = PartialDependence(
            features=[config.column(each, "methods.pdp.features", uri) for each in plots.features],
            top_features=plots.top_k_features,
            grid_resolution=plots.grid_resolution,
        )
    excluded = {config.column(each, "excluded_columns", uri) for each in config.excluded_columns}
    for field, column in (("label", config.label), ("predicted_label", config.predicted_label)):
        if column is not None:
            excluded.add(config.column(column, field, uri))
    return replace(
        given,
        model=_spoken(given.model, config.predictor, uri),
        shap=shap,
        partial_dependence=depends,
        background_rows=tuple(tuple(row) for row in rows),
        excluded=frozenset(excluded),
        order=tuple(config.headers),
        notes=notes,
    )


def _spoken(model: ModelServer, predictor: PredictorConfig | None, uri: str) -> ModelServer:
    """The model, spoken to as analysis_config.json says where the spec does not."""
    if predictor is None:
        return model
    told: dict[str, Any] = {"labels": predictor.label_headers} if predictor.label_headers and not model.labels else {}
    if model.url is None:
        return model.model_copy(update=told)
    if model.protocol is None and predictor.content_type is not None:
        kind = predictor.content_type.partition(";")[0].strip().lower()
        if kind not in _PROTOCOLS:
            raise InputError(
                f"{uri}: predictor.content_type: {predictor.content_type!r} is none of {', '.join(_PROTOCOLS)}",
                remedy="set modelExplainability.model.protocol",
            )
        told["protocol"] = _PROTOCOLS[kind]
    output = predictor.probability if predictor.probability is not None else predictor.label
    for field, value in (
        ("accept", predictor.accept_type),
        ("content_template", predictor.content_template),
        ("record_template", predictor.record_template),
        ("output", None if output is None else str(output)),
    ):
        if value is not None and getattr(model, field) is None:
            told[field] = value
    return model.model_copy(update=told)


def given_background(
    problem: ExplanationProblem, types: dict[str, FeatureType], source: Dataset | None, storage: Storage
) -> Background | None:
    """The background that was given, its values typed as the dataset's; None where it is to be found by clustering.

    `source` says how its file is written. Raises InputError and ConfigurationError where it does not fit.
    """
    shap = problem.shap
    if shap.background:
        names = dict.fromkeys(name for row in shap.background for name in row)
        rows = columns_of({name: [row.get(name) for row in shap.background] for name in names})
        return _background(rows, types, "spec.modelExplainability.shap.background")
    if problem.background_rows:
        where = "methods.shap.baseline"
        for number, row in enumerate(problem.background_rows):
            if len(row) != len(types):
                raise InputError(
                    f"{where}[{number}]: has {len(row)} values, there are {len(types)} features",
                    remedy=f"write them in this order: {', '.join(types)}",
                )
        cells = {name: [row[place] for row in problem.background_rows] for place, name in enumerate(types)}
        return _background(columns_of(cells), types, where)
    if shap.background_uri is not None:
        return _background(_read(shap.background_uri, types, source, storage), types, shap.background_uri)
    return None


def _read(uri: str, types: dict[str, FeatureType], source: Dataset | None, storage: Storage) -> pa.RecordBatch:
    own = (source or Dataset(uri=uri)).model_copy(update={"uri": uri, "record_preprocessor": None})
    stream = open_rows(own, storage)
    batches = [batch for partition in stream.partitions for batch in partition.read(ReadReport())]
    table = pa.concat_tables([pa.Table.from_batches([batch]) for batch in batches], promote_options="default")
    if table.num_rows > MOST_BACKGROUND_ROWS:
        raise InputError(
            f"{uri}: {table.num_rows:,} rows are too many for a background, of which every row is asked with every "
            "coalition",
            remedy=f"give at most {MOST_BACKGROUND_ROWS:,}; a few rows of usual values suffice",
        )
    positions = [str(place) for place in range(len(types))]
    if table.schema.names == positions and positions != [*types]:
        table = table.rename_columns([*types])
    (whole,) = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([])]
    return whole


def _background(rows: pa.RecordBatch, types: dict[str, FeatureType], where: str) -> Background:
    unknown, missing = set(rows.schema.names) - set(types), [name for name in types if name not in rows.schema.names]
    if missing:
        told = f"; it has {', '.join(sorted(unknown))}" if unknown else ""
        raise InputError(f"{where}: lacks the feature {missing[0]!r}{told}", remedy="give a value of every feature")
    typed, strays = typed_rows(rows, types)
    for name in strays:
        raise InputError(f"{where}: {name!r} has a value that is no {types[name]} one, as the data have")
    return Background.of(typed)

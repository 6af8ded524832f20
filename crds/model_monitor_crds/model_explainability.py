"""Settings of the explainability monitor."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, WithJsonSchema

from model_monitor_crds.base import ColumnName, Model, Uri
from model_monitor_crds.data_quality import Alpha, CompareWith
from model_monitor_crds.job import PRESERVED
from model_monitor_crds.model_quality import Label
from model_monitor_crds.rules import Checked, Rule, exactly_one, matches

Protocol = Literal["CSV", "JSON", "JSONLines", "KServeV1", "KServeV2"]
Aggregation = Literal["mean_abs", "median", "mean_sq"]

Template = Annotated[str, Field(min_length=1, max_length=2048)]
Scalar = str | bool | int | float
BackgroundRow = Annotated[dict[str, Scalar | None], Field(max_length=2000), WithJsonSchema(PRESERVED)]
SampleSize = Annotated[int, Field(ge=200, le=100_000)]

NDCG_THRESHOLD: Final = 0.9
"""SageMaker's, which it has no setting for."""

_FUNCTION: Final = matches(
    "^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$", message="must be of the form module:name"
)


class ModelServer(Model):
    """The model that is asked, and how it is spoken to."""

    rules = (
        exactly_one("url", "callable", "estimator", of="spec.modelExplainability.model"),
        Rule(
            "has(self.url) || !(has(self.protocol) || has(self.contentTemplate) || has(self.recordTemplate) ||"
            " has(self.contentType) || has(self.accept) || has(self.output) || has(self.caFile) ||"
            " has(self.requestsPerSecond) || (has(self.headers) && size(self.headers) > 0))",
            "spec.modelExplainability.model: protocol, templates, types, output, headers, caFile and requestsPerSecond"
            " are only for a url",
            lambda model: (
                model.url is not None
                or not (
                    model.protocol
                    or model.content_template
                    or model.record_template
                    or model.content_type
                    or model.accept
                    or model.output is not None
                    or model.ca_file
                    or model.requests_per_second
                    or model.headers
                )
            ),
        ),
    )
    url: (
        Annotated[
            str,
            Field(min_length=1, max_length=2048),
            Checked(matches("^https?://[^ ]+$", message="must start with http:// or https://")),
        ]
        | None
    ) = None
    """Address that answers predictions, such as http://credit.models.svc/v1/models/credit:predict."""
    callable: Annotated[str, Field(max_length=256), Checked(_FUNCTION)] | None = None
    """A Python function in an image of your own (`job.image`), as module:function. It takes a pyarrow.RecordBatch of
    features and returns an array of (rows,) or (rows, outputs)."""
    estimator: Annotated[str, Field(max_length=256), Checked(_FUNCTION)] | None = None
    """A fitted linear model or ensemble of trees in an image of your own, as module:name, an object or a function that
    returns it. The `shap` package, which that image must have, gives its exact values; nothing is sampled."""
    protocol: Protocol | None = None
    """How records are sent and answers come back: CSV, JSON, JSONLines, or KServe's protocols. Default: CSV, or what
    analysis_config.json says."""
    content_template: Template | None = None
    """JSON, JSONLines: the body of a request; `$records` is the list of all records, `$record` the single one. Default:
    `$records`, of JSON Lines `$record`."""
    record_template: Template | None = None
    """JSON, JSONLines: a record; `$features` is the list of its values, `$features_kvp` the object of their names and
    values. Default: `$features`."""
    content_type: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Content-Type of requests. Default: the protocol's."""
    accept: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Content type that is asked for. Default: the protocol's."""
    feature_names: bool = False
    """KServeV1: records are objects of names and values, not lists. KServeV2: a tensor for each feature, not one."""
    tensor: Annotated[str, Field(min_length=1, max_length=256)] = "input-0"
    """KServeV2: name of the one tensor of all features."""
    output: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    """Where outputs are in the answer: a position from 0 (CSV), a JMESPath such as `predictions[*].score` (JSON,
    KServeV1) or `score` (JSONLines), the name of a tensor (KServeV2). Default: all there are."""
    labels: Annotated[list[Label], Field(max_length=100, json_schema_extra={"x-kubernetes-list-type": "atomic"})] = []
    """Names of the outputs. Default: label0, label1 and so on."""
    headers: Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=32)] = {}
    """Headers of requests. `$(NAME)` stands for the environment variable NAME of the run, which `job.env` or
    `job.envFrom` may take from a Secret."""
    ca_file: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """Certificates that https is checked with, a PEM file below a mount. Default: the image's own."""
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    """How long one answer may take."""
    records_per_request: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Most records in one request."""
    parallel_requests: Annotated[int, Field(ge=1, le=64)] = 4
    """Most requests under way at once."""
    requests_per_second: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """Most requests that begin in a second, so that a live model is not hurt. Default: no limit."""


class Shap(Model):
    """How a model's answers are explained (Kernel SHAP)."""

    rules = (
        Rule(
            "!(has(self.background) && size(self.background) > 0 && has(self.backgroundURI))",
            "spec.modelExplainability.shap: set background or backgroundURI, not both",
            lambda shap: not (shap.background and shap.background_uri),
        ),
        Rule(
            "!has(self.clusters) || !(has(self.backgroundURI) || (has(self.background) && size(self.background) > 0))",
            "spec.modelExplainability.shap.clusters: not together with background or backgroundURI",
            lambda shap: shap.clusters is None or not (shap.background or shap.background_uri),
        ),
    )
    background: Annotated[
        list[BackgroundRow], Field(max_length=100, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """Rows of usual values by feature, which stand in for features that are left out: SageMaker's SHAP baseline."""
    background_uri: Uri | None = Field(default=None, alias="backgroundURI")
    """The same in a file, in the dataset's (or the batch folder's) format; at most 1,000 rows."""
    clusters: Annotated[int, Field(ge=1, le=100)] | None = None
    """Without a background: so many clusters of the Baseline's dataset (k-means; k-prototypes with texts). Default: 12.
    """
    samples: Annotated[int, Field(ge=1, le=8192)] = 500
    """Coalitions of features that are asked for of each row: Clarify's num_samples."""
    aggregation: Aggregation = "mean_abs"
    """From values of rows to one for each feature: Clarify's agg_method."""
    use_logit: bool = False
    """Whether log odds are explained, not probabilities."""
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 20_220_711
    """Of the draw of coalitions and of clusters."""
    save_local_values: bool = False
    """Whether the values of each row are written to explanations_shap/out.csv."""


class PartialDependence(Model):
    """How answers depend on one feature, over the rows that are explained."""

    features: Annotated[
        list[ColumnName], Field(max_length=100, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = []
    """The features. Default: those with the largest attributions."""
    top_features: Annotated[int, Field(ge=1, le=100)] = 10
    """Without features: of so many."""
    grid_resolution: Annotated[int, Field(ge=2, le=100)] = 15
    """At so many values of a number."""


def _shap_or_config(of: str) -> Rule:
    return Rule(
        "!(has(self.shap) && has(self.analysisConfigURI))",
        f"spec.modelExplainability: set shap or analysisConfigURI{of}, not both",
        lambda settings: settings.shap is None or settings.analysis_config_uri is None,
    )


class ExplainedModel(Model):
    """Which model is explained, and how."""

    rules = (_shap_or_config(""),)
    model: ModelServer
    """The model that is asked."""
    shap: Shap | None = None
    """How its answers are explained. Default: each of its fields' own."""
    partial_dependence: PartialDependence | None = None
    """Partial dependence (PDP) in the report. Default: none."""
    sample_size: SampleSize = 1000
    """Rows of the dataset that are explained, chosen by their hash. What windows usually do is learned from those that
    have 30 of them."""
    analysis_config_uri: Uri | None = Field(default=None, alias="analysisConfigURI")
    """analysis_config.json of SageMaker Clarify, which says how the model is spoken to and explained."""


class ModelExplainability(Model):
    """How attributions are judged."""

    rules = (_shap_or_config(""),)
    model: ModelServer | None = None
    """The model that is asked. Default: the Baseline's."""
    shap: Shap | None = None
    """How its answers are explained. Only where the Baseline adopts an analysis.json; else the Baseline says it."""
    partial_dependence: PartialDependence | None = None
    """Partial dependence (PDP) in the report. Default: the Baseline's."""
    analysis_config_uri: Uri | None = Field(default=None, alias="analysisConfigURI")
    """analysis_config.json of SageMaker Clarify. Only where the Baseline adopts an analysis.json."""
    compatibility: Literal["Default", "SageMaker"] = "Default"
    """Default finds a violation where NDCG is below its threshold by more than chance explains, or where a feature's
    share of all attribution has changed. SageMaker finds one where NDCG is below 0.9."""
    threshold: Annotated[float, Field(gt=0, le=1)] = NDCG_THRESHOLD
    """NDCG of the order of features below which the attributions have drifted. Only for Default."""
    share_threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Smallest change of a feature's share of all attribution (0 to 1) that counts. Default: 0.02 where the
    baseline's usual variation is known, else 0.1, to which sampling noise is added. Only for Default."""
    alpha: Alpha = 0.01
    """Chance that a run without any change has some violation. Only for Default."""
    compare_with: CompareWith = "Auto"
    """Which of the baseline's windows a window's shares are compared with, as in `dataQuality.compareWith`. Only for
    Default."""
    sample_size: SampleSize = 200
    """Rows of the window that are explained, chosen by their hash; all where there are fewer."""

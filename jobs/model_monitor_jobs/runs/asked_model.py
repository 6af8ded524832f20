"""The model of an explainability monitor, as it is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_crds.model_explainability import ModelServer
from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.exact import explain_exactly
from model_monitor_jobs.attribution.kernel_shap import Attributions, Model, explain
from model_monitor_jobs.attribution.progress import Progress
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.models.callable import CallableModel, load_object
from model_monitor_jobs.models.http import Endpoint, HttpModel
from model_monitor_jobs.models.payloads import (
    CSV,
    JSON,
    JSON_LINES,
    Answer,
    CsvAnswer,
    CsvPayload,
    JsonAnswer,
    JsonLinesAnswer,
    JsonLinesPayload,
    JsonPayload,
    KServeV1Payload,
    KServeV2Answer,
    KServeV2Payload,
    Payload,
)
from model_monitor_jobs.models.predictor import Predictor
from model_monitor_jobs.models.templates import Templates
from model_monitor_jobs.runs.explanation_problem import ExplanationProblem

Doubles = NDArray[np.float64]
Keep = Callable[[Progress], None]

_REFERENCE: Final = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


@dataclass
class AskedModel:
    """Explains rows with a model that is asked (`predictor`), or exactly (`estimator`)."""

    problem: ExplanationProblem
    predictor: Predictor | None = None
    estimator: Any = None

    @classmethod
    def of(cls, problem: ExplanationProblem, environment: Mapping[str, str] | None = None) -> AskedModel:
        """The model of a problem; `environment` holds what headers refer to (os.environ by default).

        Raises ConfigurationError where it can't be spoken to so, or is not in the image.
        """
        model = problem.model
        if model.estimator is not None:
            found = load_object("model.estimator", model.estimator)
            return cls(problem, estimator=found if hasattr(found, "predict") or not callable(found) else found())
        if model.callable is not None:
            return cls(problem, CallableModel.load(model.callable))
        return cls(problem, HttpModel(endpoint_of(model, os.environ if environment is None else environment)))

    def explain(
        self, rows: pa.RecordBatch, background: Background, progress: Progress | None, keep: Keep | None
    ) -> Attributions:
        """The attributions of rows; what `progress` has is not asked for again. Raises as `explain` does."""
        if self.predictor is None:
            return explain_exactly(self.estimator, rows, background, use_logit=self.problem.shap.use_logit)
        return explain(rows, background, self.predictor.predict, self.problem.kernel_shap, progress, keep)

    def answers(self, outputs: int) -> Model:
        """The model as a function of rows, with as many outputs as are explained."""
        if self.predictor is not None:
            return self.predictor.predict
        estimator = self.estimator

        def predict(rows: pa.RecordBatch) -> Doubles:
            matrix = np.column_stack([column.cast(pa.float64()).to_numpy(zero_copy_only=False) for column in rows])
            found = (
                estimator.predict_proba(matrix) if hasattr(estimator, "predict_proba") else estimator.predict(matrix)
            )
            answers = np.asarray(found, dtype=np.float64).reshape(len(matrix), -1)
            return answers[:, -outputs:]

        return predict

    def close(self) -> None:
        """Let go of connections."""
        if self.predictor is not None:
            self.predictor.close()


def endpoint_of(model: ModelServer, environment: Mapping[str, str]) -> Endpoint:
    """The endpoint of a model that has a url. Raises ConfigurationError for templates and outputs of no sense."""
    payload, answer = _spoken(model)
    return Endpoint(
        model.url or "",
        payload,
        answer,
        headers={name: _filled(name, value, environment) for name, value in model.headers.items()},
        records=model.records_per_request,
        parallel=model.parallel_requests,
        requests_per_second=model.requests_per_second,
        timeout=float(model.timeout_seconds),
        ca_file=model.ca_file,
    )


def _spoken(model: ModelServer) -> tuple[Payload, Answer]:
    protocol, output = model.protocol or "CSV", model.output
    usual = {"CSV": CSV, "JSONLines": JSON_LINES}.get(protocol, JSON)
    content, accept = model.content_type or usual, model.accept or usual
    if protocol == "CSV":
        return CsvPayload(content), CsvAnswer(_position(output), accept)
    if protocol == "KServeV2":
        return KServeV2Payload(model.feature_names, model.tensor, content), KServeV2Answer(output, accept)
    if protocol == "KServeV1":
        return KServeV1Payload(model.feature_names, content), JsonAnswer(output, accept)
    single = "$record" if protocol == "JSONLines" else "$records"
    templates = Templates(model.content_template or single, model.record_template or "$features")
    if protocol == "JSONLines":
        return JsonLinesPayload(templates, content), JsonLinesAnswer(output, accept)
    return JsonPayload(templates, content), JsonAnswer(output, accept)


def _position(output: str | None) -> int | None:
    if output is None:
        return None
    if not output.isascii() or not output.isdecimal():
        raise ConfigurationError(
            f"spec.modelExplainability.model.output: {output!r} is no position",
            remedy="of CSV answers give the place of the output from 0, or set protocol",
        )
    return int(output)


def _filled(header: str, value: str, environment: Mapping[str, str]) -> str:
    def known(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise ConfigurationError(
                f"spec.modelExplainability.model.headers.{header}: there is no environment variable {match[1]}",
                remedy="set it in job.env, or take it from a Secret in job.envFrom",
            )
        return environment[match[1]]

    return _REFERENCE.sub(known, value)

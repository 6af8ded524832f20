"""Rows that a model is asked to explain: a sample of a stream, and explaining it so that a new try goes on with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.attribution.partial_dependence import (
    PartialDependence,
    chosen_features,
    partial_dependence,
)
from model_monitor_jobs.attribution.progress import Progress
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.runs.asked_model import AskedModel
from model_monitor_jobs.runs.explanation_problem import ExplanationProblem
from model_monitor_jobs.storage import Storage

PROGRESS: Final = "explanation-progress.arrow"
"""What has been explained so far, as long as the run is under way."""
_ROUNDING: Final = 1e-13
"""Of the size of an answer."""


@dataclass(frozen=True)
class Explained:
    """The attributions of rows, and how answers depend on single features."""

    attributions: Attributions
    dependence: tuple[PartialDependence, ...]


class KeptProgress:
    """What was explained so far, in a file that is there as long as the run is under way."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage = storage
        self._folder = folder

    @property
    def uri(self) -> str:
        """The file."""
        return self._storage.join(self._folder, PROGRESS)

    def found(self) -> Progress | None:
        """What an earlier try has left; None where there is nothing of use."""
        if not self._storage.exists(self.uri):
            return None
        try:
            return Progress.from_bytes(self._storage.read_bytes(self.uri), self.uri)
        except InputError:
            return None

    def keep(self, progress: Progress) -> None:
        """Write what there is."""
        self._storage.write_folder(self._folder, {PROGRESS: progress.to_bytes()}, last=PROGRESS)

    def forget(self) -> None:
        """Remove it, once the results are written."""
        self._storage.remove(self.uri)


def explain_rows(
    problem: ExplanationProblem,
    rows: pa.RecordBatch,
    background: Background,
    progress: KeptProgress | None,
    make: Callable[[ExplanationProblem], AskedModel] = AskedModel.of,
) -> Explained:
    """Ask the model about rows.

    Raises ModelUnavailable where it does not answer, ConfigurationError and InputError where it can't be asked so.
    """
    model = make(problem)
    try:
        found = model.explain(
            rows,
            background,
            progress.found() if progress is not None else None,
            progress.keep if progress is not None else None,
        )
        attributions = without_rounding(found)
        return Explained(attributions, tuple(_dependence(problem, rows, model, attributions)))
    finally:
        model.close()


def without_rounding(found: Attributions) -> Attributions:
    """Values that are no more than the rounding of answers as 0: shares of them would be shares of nothing."""
    size = np.abs(found.expected)[:, np.newaxis, np.newaxis] + np.abs(found.local).sum(axis=2, keepdims=True)
    return replace(found, local=np.where(np.abs(found.local) <= _ROUNDING * size, 0.0, found.local))


def _dependence(
    problem: ExplanationProblem, rows: pa.RecordBatch, model: AskedModel, attributions: Attributions
) -> list[PartialDependence]:
    settings = problem.partial_dependence
    if settings is None:
        return []
    unknown = [name for name in settings.features if name not in rows.schema.names]
    if unknown:
        raise InputError(
            f"spec.modelExplainability.partialDependence.features: {unknown[0]!r} is no feature",
            remedy=f"name some of {', '.join(rows.schema.names)}",
        )
    sizes = abs(attributions.local).mean(axis=(0, 1))
    chosen = chosen_features(
        settings.features, settings.top_features, dict(zip(attributions.features, sizes.tolist(), strict=True))
    )
    answers = model.answers(len(attributions.expected))
    found = [partial_dependence(rows, feature, answers, settings.grid_resolution) for feature in chosen]
    return [each for each in found if each is not None]

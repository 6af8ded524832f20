"""Our estimates of the same chunks, and what their labels show."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model_monitor_jobs.estimation.estimate import estimate
from model_monitor_jobs.estimation.estimates import Estimate
from model_monitor_jobs.estimation.features import Encoder
from model_monitor_jobs.estimation.sampler import Sampler, sample_rows
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample
from model_monitor_jobs.profiles.hashes import Hashes, hash_numbers
from model_monitor_jobs.profiles.performance.problem import Problem

ORDINAL = "place in the table"
LABELS = ("repaid", "actual", "y_true")
NO_FEATURES = frozenset({"id", "timestamp", "y_pred", "y_pred_proba", *LABELS})


@dataclass
class Outcome:
    """By metric, an element a chunk. `seconds` of processor time, without imports and reading files."""

    estimated: dict[str, list[Estimate]] = field(default_factory=dict)
    realised: dict[str, list[float]] = field(default_factory=dict)
    domain_auc: list[float] = field(default_factory=list)
    seconds: float = 0.0


def run(folder: Path, rows: int, metrics: tuple[str, ...], most_rows: int | None = None) -> Outcome:
    """Estimate analysis.parquet in chunks of so many rows; those of reference.parquet are the baseline's windows."""
    import sklearn.ensemble  # noqa: F401 - its import is no part of the work

    reference, analysis = (pq.read_table(folder / f"{name}.parquet") for name in ("reference", "analysis"))
    features = [name for name in reference.column_names if name not in NO_FEATURES]
    label = next(name for name in LABELS if name in reference.column_names)
    binary = "y_pred_proba" in reference.column_names
    problem = Problem("BinaryClassification", ("0", "1")) if binary else Problem("Regression")
    outcome = Outcome()
    begun = time.process_time()
    reference = reference.append_column(ORDINAL, pa.array(np.arange(reference.num_rows)))
    known = _sampled(reference, most_rows or sample_rows(len(features)))
    encoder = Encoder.learn(known, features)
    kind = np.int64 if binary else np.float64
    sample = ReferenceSample(
        encoder.encode(known),
        _column(known, label).astype(kind),
        _column(known, "y_pred").astype(kind),
        _column(known, "y_pred_proba") if binary else None,
        problem.classes,
    )
    windows = known[ORDINAL].to_numpy() // rows
    outcome.seconds += time.process_time() - begun
    for start in range(0, analysis.num_rows, rows):
        chunk = analysis.slice(start, rows)
        begun = time.process_time()
        batch = _sampled(chunk, sample_rows(len(features)))
        score = _column(batch, "y_pred_proba") if binary else None
        predicted = _column(batch, "y_pred").astype(kind)
        window = WindowSample(encoder.encode(batch), predicted, score, chunk.num_rows)
        found = estimate(problem, sample, window, windows)
        outcome.seconds += time.process_time() - begun
        assert found.diagnostics is not None, found.reason
        outcome.domain_auc.append(found.diagnostics.domain_auc)
        shown = _realised(chunk.combine_chunks(), label, binary)
        for metric in metrics:
            outcome.estimated.setdefault(metric, []).append(found.metrics[metric])
            outcome.realised.setdefault(metric, []).append(shown[metric])
    return outcome


def _sampled(table: pa.Table, most: int) -> pa.RecordBatch:
    sampler = Sampler(most)
    for batch in table.to_batches():
        sampler.add(batch, _ordinals(sampler.rows, batch.num_rows))
    found, _ = sampler.sample()
    assert found is not None
    return found


def _ordinals(first: int, rows: int) -> Hashes:
    return hash_numbers(np.arange(first, first + rows, dtype=np.float64))


def _column(batch: pa.RecordBatch | pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(batch[name].to_numpy(), dtype=np.float64)


def _realised(chunk: pa.Table, label: str, binary: bool) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

    actual, predicted = _column(chunk, label), _column(chunk, "y_pred")
    if binary:
        return {
            "auc": float(roc_auc_score(actual, _column(chunk, "y_pred_proba"))),
            "f1": float(f1_score(actual, predicted)),
            "accuracy": float(accuracy_score(actual, predicted)),
        }
    errors = actual - predicted
    mse = float(np.square(errors).mean())
    return {"mae": float(np.abs(errors).mean()), "mse": mse, "rmse": mse**0.5}

"""Simulated credit decisions whose covariates move, by a model that is right in the centre and wrong at the edges.

The model is a logistic regression, learned from rows of the centre alone; the truth bends and interacts further out.
Where a window's rows lie elsewhere than the reference's, the same score means another probability. The truth given the
columns never changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

COLUMNS = 10
REFERENCE_ROWS = 50_000
WINDOW_ROWS = 5_000
WINDOWS = 8
LARGEST_SHIFT = 1.0
"""Of the last window, in standard deviations of three columns; the first window has none."""
CENTRE = 0.6
"""Spread of the columns that the model was trained on, the reference's being 1."""
REGIONS = ("north", "east", "south", "west")


def write(folder: Path, seed: int) -> None:
    """Write reference.parquet and analysis.parquet of one simulated deployment."""
    from sklearn.linear_model import LogisticRegression

    generator = np.random.RandomState(seed)
    trained, labels = _draw(generator, REFERENCE_ROWS, 0.0, CENTRE)
    model = LogisticRegression(C=1e6).fit(trained, labels)
    parts = [_draw(generator, REFERENCE_ROWS, 0.0)]
    parts += [_draw(generator, WINDOW_ROWS, shift) for shift in np.linspace(0, LARGEST_SHIFT, WINDOWS)]
    tables = [_table(values, actual, model.predict_proba(values)[:, 1]) for values, actual in parts]
    folder.mkdir(parents=True)
    pq.write_table(tables[0], folder / "reference.parquet")
    pq.write_table(pa.concat_tables(tables[1:]), folder / "analysis.parquet")


def _draw(
    generator: np.random.RandomState, rows: int, shift: float, spread: float = 1.0
) -> tuple[Doubles, NDArray[np.int64]]:
    values = generator.normal(scale=spread, size=(rows, COLUMNS))
    values[:, :3] += shift
    values[:, 9] = np.clip(np.floor(values[:, 9] + 2 + shift / 2), 0, len(REGIONS) - 1)
    logits = values[:, 0] - 0.8 * values[:, 1] + 0.5 * values[:, 3] * (values[:, 9] > 1) - 0.3
    logits += 0.7 * np.square(np.maximum(values[:, 2] - 0.5, 0)) - 0.6 * values[:, 1] * (values[:, 0] > 1)
    return values, (generator.random_sample(rows) < 1 / (1 + np.exp(-logits))).astype(np.int64)


def _table(values: Doubles, actual: NDArray[np.int64], scores: Doubles) -> pa.Table:
    columns = {f"x{place}": pa.array(values[:, place]) for place in range(COLUMNS - 1)}
    columns["region"] = pa.array(np.array(REGIONS)[values[:, COLUMNS - 1].astype(np.int64)])
    answers = {"y_pred_proba": pa.array(scores), "y_pred": pa.array((scores > 0.5).astype(np.int64))}
    return pa.table(columns | answers | {"actual": pa.array(actual)})

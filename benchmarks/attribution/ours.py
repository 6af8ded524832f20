"""Our Kernel SHAP: `python -m benchmarks.attribution.ours ROWS SAMPLES SEED OUTPUT`."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.attribution import setting
from benchmarks.profiles.programs.work import work
from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.kernel_shap import KernelShap, explain

Doubles = NDArray[np.float64]


def _table(values: Doubles) -> pa.RecordBatch:
    names = [f"f{place}" for place in range(values.shape[1])]
    return pa.RecordBatch.from_arrays([pa.array(column) for column in values.T], names=names)


def _model(rows: pa.RecordBatch) -> Doubles:
    return setting.answer(np.array([column.to_numpy() for column in rows.columns]).T)[:, np.newaxis]


def main() -> None:
    rows, samples, seed = map(int, sys.argv[1:4])
    given, background = _table(setting.rows(rows)), Background.of(_table(setting.background()))
    with work():
        found = explain(given, background, _model, KernelShap(samples, seed=seed))
    np.save(sys.argv[4], found.local[0])


if __name__ == "__main__":
    main()

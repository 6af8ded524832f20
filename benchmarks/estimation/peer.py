"""NannyML, in its own environment: `python -m benchmarks.estimation.peer COMMAND ...`.

`data FOLDER` writes the data sets that come with it, labels joined, as Parquet. `classification FOLDER...` and
`regression FOLDER...` estimate each folder's analysis.parquet in chunks and print the estimates, by metric, as JSON.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

from benchmarks.profiles.programs.work import work

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

ROWS = 5_000
METRICS = {
    "classification": {"roc_auc": "auc", "f1": "f1", "accuracy": "accuracy"},
    "regression": {"mae": "mae", "rmse": "rmse", "mse": "mse"},
}


def write_data(folder: Path) -> None:
    import nannyml

    for name, load in (
        ("car_loan", nannyml.load_synthetic_car_loan_dataset),
        ("car_price", nannyml.load_synthetic_car_price_dataset),
    ):
        reference, analysis, labels = load()
        own = folder / name
        own.mkdir(parents=True)
        reference.to_parquet(own / "reference.parquet", index=False)
        analysis.merge(labels, on="id").to_parquet(own / "analysis.parquet", index=False)


def estimate(kind: str, folder: Path) -> dict[str, list[float]]:
    import nannyml
    import pandas

    reference, analysis = (pandas.read_parquet(folder / f"{name}.parquet") for name in ("reference", "analysis"))
    metrics = METRICS[kind]
    if kind == "classification":
        label = "repaid" if "repaid" in reference else "actual"
        estimator = nannyml.CBPE(
            metrics=list(metrics),
            y_pred_proba="y_pred_proba",
            y_pred="y_pred",
            y_true=label,
            problem_type="classification_binary",
            chunk_size=ROWS,
        )
    else:
        left_out = {"id", "timestamp", "y_true", "y_pred"}
        estimator = nannyml.DLE(
            metrics=list(metrics),
            feature_column_names=[name for name in reference if name not in left_out],
            y_true="y_true",
            y_pred="y_pred",
            chunk_size=ROWS,
        )
    table: Any = estimator.fit(reference).estimate(analysis).filter(period="analysis").to_df()
    return {ours: table[(theirs, "value")].tolist() for theirs, ours in metrics.items()}


def main() -> None:
    warnings.simplefilter("ignore")
    command, *folders = sys.argv[1:]
    if command == "data":
        write_data(Path(folders[0]))
        return
    import nannyml  # noqa: F401 - its import is no part of the work

    with work() as details:
        details["estimates"] = [estimate(command, Path(folder)) for folder in folders]  # type: ignore[assignment]


if __name__ == "__main__":
    main()

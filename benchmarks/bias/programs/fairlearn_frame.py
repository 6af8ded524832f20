"""fairlearn's MetricFrame of the same facets, in its own environment: the argument is the decisions as Parquet."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from benchmarks.profiles.programs.work import work


def main(decisions: str) -> None:
    """Measure once and print what it took."""
    pandas: Any = importlib.import_module("pandas")
    fairlearn: Any = importlib.import_module("fairlearn.metrics")
    sklearn: Any = importlib.import_module("sklearn.metrics")
    metrics = {
        "accuracy": sklearn.accuracy_score,
        "precision": sklearn.precision_score,
        "selection rate": fairlearn.selection_rate,
        "true positive rate": fairlearn.true_positive_rate,
        "true negative rate": fairlearn.true_negative_rate,
        "false positive rate": fairlearn.false_positive_rate,
    }
    with work() as details:
        table = pandas.read_parquet(decisions)
        sides = {"sex": table["sex"] == "F", "age": table["age"] > 60, "origin": table["origin"] == "abroad"}
        for side in sides.values():
            frame = fairlearn.MetricFrame(
                metrics=metrics,
                y_true=table["repaid"].to_numpy(),
                y_pred=table["approved"].to_numpy(),
                sensitive_features=side.to_numpy(),
            )
            frame.difference(), frame.ratio()
        details["rows"] = len(table)


if __name__ == "__main__":
    main(sys.argv[1])

"""Kernel SHAP beside the package shap, at equal error: `python -m benchmarks.attribution`.

Errors are mean absolute ones, against values that follow from the definition. Ours takes the fewest coalitions of a
ladder with which it is, in the mean over several seeds, no further off than shap with its own number. Written as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.attribution import exact, setting
from benchmarks.profiles.environments import interpreter, pinned_versions
from benchmarks.profiles.machine import describe
from benchmarks.profiles.process import ROOT, measure

Doubles = NDArray[np.float64]

RESULTS = ROOT / "benchmarks" / "results" / "attribution.json"
ROWS = (100, 1_000)
ROUNDS = 3
JUDGED = 10
"""Rows whose values are known exactly."""
SEEDS = (1, 2, 3, 4, 5)
LADDER = (300, 400, 500, 600, 700, 800, 900, 1_000, 1_200, 1_500, setting.SAMPLES)
MOST = 1 / 5
"""Of shap's processor time, at equal error, for 1,000 rows."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Run all and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    theirs, ours = (interpreter("shap"), "peer"), (Path(sys.executable), "ours")
    truth = exact.shapley_values(JUDGED)

    def error(program: tuple[Path, str], samples: int) -> float:
        runs = [_run(program, JUDGED, samples, seed)[0] for seed in SEEDS]
        return float(np.mean([np.abs(values - truth).mean() for values in runs]))

    allowed = error(theirs, setting.SAMPLES)
    print(f"shap, {setting.SAMPLES} coalitions: error {allowed:.6f}", flush=True)
    errors: dict[int, float] = {}
    for samples in LADDER:
        errors[samples] = error(ours, samples)
        print(f"ours, {samples} coalitions: error {errors[samples]:.6f}", flush=True)
    enough = [samples for samples in LADDER if errors[samples] <= allowed]
    if not enough:
        raise SystemExit("with no number of coalitions of the ladder we are as near as shap")
    cases = []
    for rows in ROWS:
        rounds = [
            (
                _run(theirs, rows, setting.SAMPLES, seed)[1],
                _run(ours, rows, enough[0], seed)[1],
                _run(ours, rows, setting.SAMPLES, seed)[1],
            )
            for seed in range(ROUNDS)
        ]
        cases.append(_case(rows, rounds))
        print(json.dumps(cases[-1]), flush=True)
    document = {
        "features": setting.FEATURES,
        "background": setting.BACKGROUND,
        "samples": setting.SAMPLES,
        "enough": enough[0],
        "judged": JUDGED,
        "seeds": SEEDS,
        "rounds": ROUNDS,
        "size": float(np.abs(truth).mean()),
        "errors": {"shap": allowed, "ours": {str(samples): found for samples, found in errors.items()}},
        "most": MOST,
        "cases": cases,
        "shap": pinned_versions("shap")["shap"],
        "machine": {name: value for name, value in describe().items() if name != "peers"},
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")
    print(f"written to {arguments.output}")


def _run(program: tuple[Path, str], rows: int, samples: int, seed: int) -> tuple[Doubles, float]:
    """The values, and what they cost in processor seconds."""
    python, name = program
    with tempfile.TemporaryDirectory(prefix="attribution-") as folder:
        output = Path(folder, "values.npy")
        numbers = (str(rows), str(samples), str(seed))
        command: list[str | Path] = [python, "-m", f"benchmarks.attribution.{name}", *numbers, output]
        found = measure(command, variables=ONE_THREAD)
        return np.load(output), found.least_cpu_seconds


def _case(rows: int, rounds: list[tuple[float, float, float]]) -> dict[str, Any]:
    shap, equal, same = zip(*rounds, strict=True)
    ratios = sorted(ours / theirs for theirs, ours, _ in rounds)
    return {
        "rows": rows,
        "processor_seconds": {"shap": median(shap), "equal_error": median(equal), "equal_samples": median(same)},
        "ratio": median(ratios),
        "ratios": ratios,
        "ratio_equal_samples": median(ours / theirs for theirs, _, ours in rounds),
    }


if __name__ == "__main__":
    main()

"""Estimates without labels beside NannyML's: `python -m benchmarks.estimation`.

Both estimate the same windows of 5,000 rows; the labels of these then show how far off they were. Written as JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.estimation import ours, peer, streams
from benchmarks.profiles.environments import interpreter, pinned_versions
from benchmarks.profiles.machine import describe
from benchmarks.profiles.process import ROOT, measure

RESULTS = ROOT / "benchmarks" / "results" / "estimation.json"
SEEDS = (101, 102, 103, 104, 105)
PROGRAM = "benchmarks.estimation.peer"
BOUND = 1.05
"""Most that our error may be, on data where covariates say nothing about calibration, in units of NannyML's."""


@dataclass(frozen=True)
class Case:
    """Data sets that are estimated alike; `most` is the largest ratio of our error to NannyML's that is promised."""

    name: str
    kind: str
    folders: tuple[str, ...]
    most: float | None


CASES = (
    Case("car loan", "classification", ("car_loan",), BOUND),
    Case("covariate shift", "classification", tuple(f"shift_{seed}" for seed in SEEDS), 1.0),
    Case("car price", "regression", ("car_price",), None),
)


def main() -> None:
    """Run all cases and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    python = interpreter("nannyml")
    with tempfile.TemporaryDirectory(prefix="estimation-") as name:
        folder = Path(name)
        measure([python, "-m", PROGRAM, "data", folder])
        for seed in SEEDS:
            streams.write(folder / f"shift_{seed}", seed)
        cases = [_run(case, python, [folder / each for each in case.folders]) for case in CASES]
    machine = {name: value for name, value in describe().items() if name != "peers"}
    document = {
        "rows_a_window": peer.ROWS,
        "seeds": SEEDS,
        "nannyml": pinned_versions("nannyml")["nannyml"],
        "machine": machine,
        "cases": cases,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")
    print(f"written to {arguments.output}")


def _run(case: Case, python: Path, folders: Sequence[Path]) -> dict[str, Any]:
    metrics = tuple(peer.METRICS[case.kind].values())
    theirs = measure([python, "-m", PROGRAM, case.kind, *folders])
    assert theirs.details is not None
    outcomes = [ours.run(folder, peer.ROWS, metrics) for folder in folders]
    found: dict[str, Any] = {}
    for metric in metrics:
        realised = np.concatenate([outcome.realised[metric] for outcome in outcomes])
        own = [estimate for outcome in outcomes for estimate in outcome.estimated[metric]]
        other = np.concatenate([estimates[metric] for estimates in theirs.details["estimates"]])
        error = float(np.abs(np.array([each.value for each in own]) - realised).mean())
        peers = float(np.abs(other - realised).mean())
        covered = [each.low <= value <= each.high for each, value in zip(own, realised, strict=True)]
        found[metric] = {"ours": error, "nannyml": peers, "ratio": error / peers, "covered": float(np.mean(covered))}
        print(
            f"{case.name:16} {metric:9} ours {error:.5g} NannyML {peers:.5g} covered {np.mean(covered):.2f}", flush=True
        )
    windows = sum(len(outcome.domain_auc) for outcome in outcomes)
    return {
        "name": case.name,
        "data_sets": len(folders),
        "windows": windows,
        "most": case.most,
        "metrics": found,
        "processor_seconds": {
            "ours": sum(outcome.seconds for outcome in outcomes),
            "nannyml": theirs.work_cpu_seconds,
        },
    }


if __name__ == "__main__":
    main()

"""shap's Kernel SHAP, in its own environment: `python -m benchmarks.attribution.peer ROWS SAMPLES SEED OUTPUT`."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

from benchmarks.attribution import setting
from benchmarks.profiles.programs.work import work


def main() -> None:
    rows, samples, seed = map(int, sys.argv[1:4])
    shap: Any = importlib.import_module("shap")
    given, background = setting.rows(rows), setting.background()
    np.random.seed(seed)
    with work():
        explainer = shap.KernelExplainer(setting.answer, background)
        found = explainer.shap_values(given, nsamples=samples, l1_reg=False, silent=True)
    np.save(sys.argv[4], found)


if __name__ == "__main__":
    main()

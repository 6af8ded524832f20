"""The figures of results/attribution.json in docs/attribution.md: `python -m benchmarks.attribution.publish`."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put

RESULTS = ROOT / "benchmarks" / "results" / "attribution.json"
DOCUMENT = ROOT / "docs" / "attribution.md"


def table(results: dict[str, Any]) -> str:
    """Errors of both, and what they cost."""
    machine, errors = results["machine"], results["errors"]
    ladder = ", ".join(f"{samples}: {found:.5f}" for samples, found in errors["ours"].items())
    lines = [
        f"Measured by `make bench-attribution` against shap {results['shap']}, `KernelExplainer` with `l1_reg=False` "
        f"and {results['samples']:,} coalitions: {results['features']} features, {results['background']} background "
        f"rows, {machine['processor']}, one thread, median of {results['rounds']} rounds.",
        "",
        "| Rows | shap | ours, equal error | ratio (range) | promised | kept | ours, as many coalitions | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case in results["cases"]:
        seconds, ratios = case["processor_seconds"], case["ratios"]
        promised = case["rows"] == 1_000
        limit = f"≤ {results['most']:g}" if promised else ""
        kept = ("yes" if case["ratio"] <= results["most"] else "**no**") if promised else ""
        lines.append(
            f"| {case['rows']:,} | {seconds['shap']:.2f} s | {seconds['equal_error']:.2f} s | {case['ratio']:.3f} "
            f"({ratios[0]:.3f}–{ratios[-1]:.3f}) | {limit} | {kept} "
            f"| {seconds['equal_samples']:.2f} s | {case['ratio_equal_samples']:.3f} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            f"Mean absolute error against the definition (all 2^{results['features']} coalitions) on "
            f"{results['judged']} rows, mean of {len(results['seeds'])} seeds, where a value is "
            f"{results['size']:.3f} in size: shap {errors['shap']:.5f}; ours by the number of coalitions {ladder}. "
            f"Equal error is reached with {results['enough']:,}.",
        ]
    )


def main() -> None:
    """Write the document."""
    results = json.loads(RESULTS.read_text())
    DOCUMENT.write_text(put(DOCUMENT.read_text(), "attribution", table(results)))


if __name__ == "__main__":
    main()

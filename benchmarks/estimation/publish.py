"""The figures of results/estimation.json in docs/estimation.md: `python -m benchmarks.estimation.publish`."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put

RESULTS = ROOT / "benchmarks" / "results" / "estimation.json"
DOCUMENT = ROOT / "docs" / "estimation.md"


def table(results: dict[str, Any]) -> str:
    """Errors of both, and what they cost."""
    lines = [
        f"Measured by `make bench-estimation` in windows of {results['rows_a_window']:,} rows, against NannyML "
        f"{results['nannyml']} with its defaults. Simulated data with the seeds "
        f"{', '.join(map(str, results['seeds']))}.",
        "",
        "| Data | Windows | Metric | Mean absolute error, NannyML | ours | ratio | promised | kept "
        "| within our interval |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case in results["cases"]:
        for metric, found in case["metrics"].items():
            most = case["most"]
            promised = "" if most is None else f"≤ {most:g}"
            kept = "" if most is None else "yes" if found["ratio"] <= most else "**no**"
            lines.append(
                f"| {case['name']} | {case['windows']} | {metric} | {found['nannyml']:.4g} | {found['ours']:.4g} "
                f"| {found['ratio']:.2f} | {promised} | {kept} | {found['covered']:.0%} |"
            )
    lines += ["", "| Data | Processor seconds a window, NannyML | ours |", "|---|---|---|"]
    for case in results["cases"]:
        seconds = {name: value / case["windows"] for name, value in case["processor_seconds"].items()}
        lines.append(f"| {case['name']} | {seconds['nannyml']:.2f} | {seconds['ours']:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Write the document."""
    results = json.loads(RESULTS.read_text())
    DOCUMENT.write_text(put(DOCUMENT.read_text(), "estimation", table(results)))


if __name__ == "__main__":
    main()

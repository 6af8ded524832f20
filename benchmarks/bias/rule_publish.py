"""The figures of results/bias_rule.json in docs/model-bias.md: `python -m benchmarks.bias.rule_publish`."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put

RESULTS = ROOT / "benchmarks" / "results" / "bias_rule.json"
DOCUMENT = ROOT / "docs" / "model-bias.md"
PLACE = "bias-rule"


def table(results: dict[str, Any]) -> str:
    """False violations, power and coverage."""
    first = results["cells"][0]
    metrics = list(first["seen"]["default"])
    lines = [
        f"Simulated by `make bench-bias` with the seed {results['seed']} in {results['processor_seconds']} s of "
        f"processor time: baselines of {results['days']} days, a fifth of the rows in the group, four strata. Each "
        f"metric has the chance {results['alpha']:g} of a false violation; {first['windows']} windows a line without a "
        f"change, and {first['changed_windows']} with {100 * results['harsher']:g} good answers fewer in 100 of the "
        "group.",
        "",
        f"| Rows a window, days | | {' | '.join(metrics)} |",
        f"|---|---|{'---|' * len(metrics)}",
    ]
    for cell in results["cells"]:
        name = f"{cell['rows']:,}, {cell['days']}"
        for what, shares in (
            ("false violations", cell["false"]["default"]),
            ("by a baseline without time stamps", cell["false"]["unstamped"]),
            ("change seen in one window", cell["seen"]["default"]),
            ("by a baseline without time stamps", cell["seen"]["unstamped"]),
        ):
            lines.append(f"| {name} | {what} | {' | '.join(f'{shares[metric]:.1%}' for metric in metrics)} |")
            name = ""
        limits = cell["limit"]
        lines.append(f"| | median limit | {' | '.join(f'{limits[metric]:.3f}' for metric in metrics)} |")
    covered = [cell for cell in results["cells"] if cell["covered"]]
    names = list(covered[0]["covered"])
    lines += ["", "How often the 95 % intervals of the same windows hold the true value:", ""]
    lines += [f"| Rows a window | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for cell in covered:
        shares = cell["covered"]
        lines.append(f"| {cell['rows']:,} | {' | '.join(f'{shares[name]:.1%}' for name in names)} |")
    return "\n".join(lines)


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(put(DOCUMENT.read_text(), PLACE, table(json.loads(RESULTS.read_text()))))


if __name__ == "__main__":
    main()

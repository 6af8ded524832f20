"""The simulated figures in docs/attribution.md: `python -m benchmarks.attribution.rule_publish`."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put

RESULTS = ROOT / "benchmarks" / "results" / "attribution_rule.json"
DOCUMENT = ROOT / "docs" / "attribution.md"
PLACE = "attribution-rule"


def table(results: dict[str, Any]) -> str:
    """False violations and power."""
    first = results["cells"][0]
    changes = list(first["seen"])
    sizes = ", ".join(f"{size:g}".removeprefix("0") for size in results["sizes"])
    strays = ", ".join(f"{name}: {stray:g}" for name, stray in results["strays"].items())
    lines = [
        f"Simulated by `make bench-attribution` with the seed {results['seed']} in {results['processor_seconds']} s of "
        f"processor time: {len(results['sizes'])} features of the sizes {sizes}, baselines of {results['days']} days, "
        f"windows of {results['window_rows']} explained rows. Sizes stray from day to day by a standard deviation of "
        f"their logarithm ({strays}). In a run without any change all shares together have the chance "
        f"{results['alpha']:g} of a false violation; {first['windows']:,} windows a line without a change, "
        f"{first['changed_windows']:,} with each, {first['ordered']:,} of each kind for the order.",
        "",
        f"| Baseline | Judged | False violations | {' | '.join(f'Seen: {change}' for change in changes)} "
        "| Median limit of the leading share |",
        f"|---|---|---|{'---|' * len(changes)}---|",
    ]
    for cell in results["cells"]:
        name = f"{cell['sample']:,} rows, {cell['days']}"
        for rule, of in (("learned", "shares"), ("unstamped", "shares, by a baseline without time stamps")):
            lines.append(_line(name, of, cell, rule, f"{cell['limit'][rule]:.3f}"))
            name = ""
        lines.append(_line("", "order (NDCG)", cell, "order", ""))
    floors = " to ".join(f"{bound(cell['false']['no floor'] for cell in results['cells']):.1%}" for bound in (min, max))
    return "\n".join([*lines, "", f"Without the floor of .02 false violations of shares were {floors}."])


def _line(name: str, of: str, cell: dict[str, Any], rule: str, limit: str) -> str:
    seen = " | ".join(f"{rates[rule]:.0%}" for rates in cell["seen"].values())
    return f"| {name} | {of} | {cell['false'][rule]:.1%} | {seen} | {limit} |"


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(put(DOCUMENT.read_text(), PLACE, table(json.loads(RESULTS.read_text()))))


if __name__ == "__main__":
    main()

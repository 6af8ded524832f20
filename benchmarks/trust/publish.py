"""The figures of results/trust.json in docs/trust.md and README.md: `python -m benchmarks.trust.publish`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.profiles.report import put

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "trust.json"
SHOWN = 10_000
"""Rows a window of the short table."""
SHIFT = "shift .1 sd"

Document = dict[str, Any]


def full_table(results: Document) -> str:
    """All scenarios: ours with its limit, then everybody."""
    cells, ours = results["cells"], _ours(results)
    changes = list(cells[0]["rules"][ours]["seen_within_3_windows"])
    lines = [
        _told(results),
        "",
        "This operator: false alerts a month, the median limit of a continuous column, and the share of columns that "
        "show a change within three windows.",
        "",
        f"| Scenario | Rows a window | False alerts | Limit | {' | '.join(changes)} |",
        f"|---|---|---|---|{'---|' * len(changes)}",
    ]
    for cell in cells:
        rule = cell["rules"][ours]
        seen = " | ".join(f"{rule['seen_within_3_windows'][change]:.2f}" for change in changes)
        alerts, limit = rule["alerts_a_month"], cell["median_limit"]
        lines.append(f"| {cell['scenario']} | {cell['rows']:,} | {alerts:.1f} | {limit:.3f} | {seen} |")
    names = list(cells[0]["rules"])
    lines += [
        "",
        "Everybody, on the same windows: alerts a month by two of three windows, then alarms in the rule's own unit (a "
        "flagged column or check in one window), then the share of columns that show a shift of .1 standard deviations "
        "within three windows.",
        "",
        f"| Scenario | Rows a window | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for cell in cells:
        shown = " | ".join(_cell(cell["rules"][name]) for name in names)
        lines.append(f"| {cell['scenario']} | {cell['rows']:,} | {shown} |")
    outliers = [
        f"{name} {sum(cell['rules'][name]['verdicts_changed_by_one_outlier'] or 0 for cell in cells):,}"
        for name in names
    ]
    return "\n".join([*lines, "", f"Verdicts that one value of 1e6 in a window has changed: {', '.join(outliers)}."])


def short_table(results: Document) -> str:
    """The scenarios at 10,000 rows a window, everybody's alerts by two of three windows."""
    cells = [cell for cell in results["cells"] if cell["rows"] == SHOWN]
    names = list(cells[0]["rules"])
    lines = [_told(results), "", f"| Scenario | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for cell in cells:
        shown = [
            f"{rule['alerts_a_month']:,.0f} / {rule['seen_within_3_windows'].get(SHIFT, 0):.0%}"
            for rule in (cell["rules"][name] for name in names)
        ]
        lines.append(f"| {cell['scenario']} | {' | '.join(shown)} |")
    return "\n".join(lines)


DOCUMENTS = ((ROOT / "docs" / "trust.md", full_table), (ROOT / "README.md", short_table))


def main() -> None:
    """Write the documents."""
    results = json.loads(RESULTS.read_text())
    for path, table in DOCUMENTS:
        path.write_text(put(path.read_text(), "trust", table(results)))


def _ours(results: Document) -> str:
    return str(next(iter(results["cells"][0]["rules"])))


def _cell(rule: Document) -> str:
    seen = rule["seen_within_3_windows"].get(SHIFT, 0)
    return f"{rule['alerts_a_month']:,.0f} / {rule['alarms_a_month']:,.0f} / {seen:.2f}"


def _told(results: Document) -> str:
    return (
        f"Simulated by `make bench-trust` with the seed {results['seed']} in {results['processor_seconds']} s of "
        "processor time; one month for each cell, two at 10,000 rows."
    )


if __name__ == "__main__":
    main()

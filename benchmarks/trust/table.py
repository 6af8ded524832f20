"""The benchmark's results for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.trust.peers import PEERS
from benchmarks.trust.run import OURS, Cell, Tally
from benchmarks.trust.streams import CHANGES


def as_text(cells: Sequence[Cell]) -> str:
    """Two Markdown tables: ours in full, and everybody's alerts."""
    return "\n".join([*_own(cells), "", *_everybody(cells)])


def as_line(cell: Cell) -> str:
    """A row of our table."""
    tally = cell.tallies[OURS]
    power = " | ".join(f"{_share(tally.trials.get(change.name, [])):.2f}" for change in CHANGES)
    alerts = f"{tally.onsets / cell.months:.1f}"
    return f"| {cell.scenario} | {cell.rows:,} | {alerts} | {cell.limit:.3f} | {power} |"


def as_document(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """All numbers, of all rules."""
    return [
        {
            "scenario": cell.scenario,
            "rows": cell.rows,
            "months": cell.months,
            "median_limit": round(cell.limit, 4),
            "rules": {name: _rule(tally, cell.months) for name, tally in cell.tallies.items()},
        }
        for cell in cells
    ]


def _rule(tally: Tally, months: int) -> dict[str, Any]:
    return {
        "alarms_a_month": round(tally.alarms / months, 2),
        "alerts_a_month": round(tally.onsets / months, 2),
        "verdicts_changed_by_one_outlier": tally.changed_by_outlier,
        "seen_within_3_windows": {change: round(_share(trials), 3) for change, trials in tally.trials.items()},
    }


def _own(cells: Sequence[Cell]) -> list[str]:
    names = [change.name for change in CHANGES]
    lines = [
        "This operator: false alerts a month, median limit on a continuous feature, and the share of columns that "
        "show a change within three windows",
        "",
        f"| scenario | rows | false alerts | limit | {' | '.join(names)} |",
        f"|---|---|---|---|{'---|' * len(names)}",
    ]
    return [*lines, *map(as_line, cells)]


def _everybody(cells: Sequence[Cell]) -> list[str]:
    names = [OURS, *(peer.name for peer in PEERS)]
    lines = [
        "Everybody: false alerts a month by two of three windows / alarms in the rule's own unit (a flagged column or "
        "check in one window) / share that shows a shift of .1 sd within three windows",
        "",
        f"| scenario | rows | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for cell in cells:
        shown = [
            f"{tally.onsets / cell.months:.0f} / {tally.alarms / cell.months:.0f} / "
            f"{_share(tally.trials.get(CHANGES[0].name, [])):.2f}"
            for tally in (cell.tallies[name] for name in names)
        ]
        lines.append(f"| {cell.scenario} | {cell.rows:,} | {' | '.join(shown)} |")
    return lines


def _share(trials: Sequence[bool]) -> float:
    return sum(trials) / len(trials) if trials else 0.0

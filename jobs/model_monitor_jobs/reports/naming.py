"""How checks of each monitoring type are named in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.bias import words as bias
from model_monitor_jobs.checks.explainability import words as attribution
from model_monitor_jobs.checks.model_quality import words as quality


@dataclass(frozen=True)
class Naming:
    """How checks of one kind are named: by two cells under `heads`, and in a text.

    `structural`: a check without a column is one of the table's structure.
    """

    heads: tuple[str, str]
    names: Callable[[Check], bool]
    cells: Callable[[Check], tuple[str, str]]
    text: Callable[[Check], str]
    structural: bool = False


QUALITY: Final = Naming(
    ("Metric", "Of"),
    lambda check: not check.column and quality.metric_of(check.type) in quality.NAMES,
    lambda check: (quality.metric_of(check.type), " = ".join(check.segment) or "all rows"),
    lambda check: (
        f"{quality.metric_of(check.type)} " + (f"where {' = '.join(check.segment)}" if check.segment else "of all rows")
    ),
)
BIAS: Final = Naming(
    ("Group", "Metric"),
    lambda check: bool(check.column) and bias.metric_of(check.type) in bias.NAMES,
    lambda check: (check.column, bias.metric_of(check.type)),
    lambda check: f"{bias.metric_of(check.type)} of {check.column}",
)
ATTRIBUTION: Final = Naming(
    ("Feature", "Of it"),
    lambda check: check.type in attribution.CHECKS,
    lambda check: (check.column or "all", attribution.CHECKS[check.type]),
    lambda check: f"{attribution.CHECKS[check.type]} of {check.column or 'all features'}",
)
COLUMNS: Final = Naming(
    ("Column", "Check"),
    lambda _: True,
    lambda check: (check.place or "(table)", check.type.removesuffix("_check")),
    lambda check: f"{check.place} {check.type}".strip(),
    structural=True,
)
"""What names all others."""


def naming_of(checks: Iterable[Check]) -> Naming:
    """How some checks are named together."""
    together = list(checks)
    for naming in (QUALITY, BIAS, ATTRIBUTION):
        if together and all(map(naming.names, together)):
            return naming
    return COLUMNS

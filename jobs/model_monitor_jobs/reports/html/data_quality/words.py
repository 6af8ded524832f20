"""What the page says of data quality: names of checks, what to do about each, and how verdicts come about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.reports.html.data_quality.model import ColumnReport, FindingView
from model_monitor_jobs.reports.html.model import Step
from model_monitor_jobs.reports.html.words import persistence, smallest_change

CHECK_NAMES: Final[Mapping[str, str]] = {
    "missing_column_check": "Missing columns",
    "extra_column_check": "Extra columns",
    "data_type_check": "Type of values",
    "completeness_check": "Missing values",
    "categorical_values_check": "Unknown values",
    "baseline_drift_check": "Distribution",
}

_TRACE: Final = "compare the time it began with deployments and changes upstream"
_ACCEPT: Final = "If the new state is right and the model copes with it, make a new Baseline from recent data"

_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "missing_column_check": (
        "Ask whoever sends these requests whether the columns were renamed or dropped: the model gets no value for "
        "them.",
        "If the model no longer takes them, name them in spec.columns.exclude or make a new Baseline.",
    ),
    "extra_column_check": (
        "Find out who began to send these columns. If they are wanted, make a new Baseline that has them; if they are "
        "no features, name them in spec.columns.exclude.",
    ),
    "data_type_check": (
        "Look at values of the wrong type: a placeholder such as N/A, a decimal comma or a unit is the usual cause. "
        "Mend the writer; until then the model gets values that it was not trained on.",
    ),
    "completeness_check": (
        f"Find out why the value is missing: look at the rows, at the join or service that fills it, and {_TRACE}.",
        "Check what the model does without this value: until it is back, its answers for these rows are doubtful.",
    ),
    "fewer_missing": (
        f"More rows have a value than before. Check whether something now fills a gap with a default, and {_TRACE}.",
        f"{_ACCEPT}.",
    ),
    "categorical_values_check": (
        "Look at the new values: a new spelling or encoding is an error to mend where it is written; a new product or "
        "market is real, and the model has not learned it.",
        "If they are real, retrain with them and make a new Baseline.",
    ),
    "baseline_drift_check": (
        f"Look for a cause in the data first: a changed unit, default, filter or source; {_TRACE}.",
        f"If the world changed, check the model's quality on recent labels. {_ACCEPT}; else retrain.",
    ),
}


def check_name(check: str) -> str:
    """A check in plain words."""
    return CHECK_NAMES.get(check) or check.removesuffix("_check").replace("_", " ").capitalize()


def steps_for(check: str, *, fewer_missing: bool = False) -> tuple[str, ...]:
    """What to do when a check is violated."""
    if check == "completeness_check" and fewer_missing:
        return _STEPS["fewer_missing"]
    return _STEPS.get(check, (f"Look at the rows that differ from the baseline, and {_TRACE}.",))


def gathered_steps(trouble: tuple[ColumnReport, ...]) -> tuple[Step, ...]:
    """All that is to be done, each once with the columns that it concerns, the worst column's first."""
    columns: dict[str, dict[str, None]] = {}
    for column in trouble:
        for finding in column.violations:
            for text in finding.steps:
                columns.setdefault(text, {})[column_name(column)] = None
    return tuple(Step(text, tuple(names)) for text, names in columns.items())


def column_name(column: ColumnReport) -> str:
    """A column with its segment, for people."""
    name = column.name or "the table"
    return f"{name} ({column.segment})" if column.segment else name


def worst_first(finding: FindingView) -> tuple[bool, float]:
    """Sorts findings: those without a measure (a missing column) before all, then by ratio."""
    return (finding.effect is not None, -finding.effect.ratio if finding.effect else 0.0)


def rule_sentences(settings: DataQuality, alert: Alert, *, learned: bool) -> tuple[str, ...]:
    """How the verdicts of a run came about; `learned`: the baseline's usual variation was known."""
    floor = smallest_change(settings, learned=learned)
    at_once = persistence(alert, "a change of more than three times its limit, or a missing column, makes one at once")
    if settings.compatibility == "SageMaker":
        return (
            "A check is in violation when it exceeds the threshold that constraints.json sets, as in SageMaker Model "
            "Monitor.",
            "Sampling noise and the baseline's usual variation are not taken into account.",
            at_once,
        )
    limit = (
        f"The limit is set so that on average one run in {1 / settings.alpha:,.0f} has any false violation, "
        f"and changes of less than {floor * 100:g} rows in 100 never count."
    )
    if learned:
        first = (
            "A column is in violation when this window is further from the baseline than sampling noise and the "
            "baseline's own windows can explain."
        )
    else:
        first = (
            "The baseline does not tell how much its own windows vary, so only large changes count: a column is in "
            "violation when this window is further from the baseline than sampling noise and a fixed margin. Name a "
            "column of time stamps in the Baseline (spec.columns.timestamp) to learn its usual variation."
        )
    return first, limit, at_once

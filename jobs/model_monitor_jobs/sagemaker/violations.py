"""constraint_violations.json: writing it, and reading what any container has written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from model_monitor_crds.base import CheckType
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json

MISSING_COLUMNS: Final = "Missing columns"
EXTRA_COLUMNS: Final = "Extra columns"
"""What SageMaker writes for a column's name where the table as a whole is meant."""

_LONGEST_NAME: Final = 58
"""Of a check, without its ending."""


@dataclass(frozen=True)
class ConstraintViolation:
    """One violation, in SageMaker's words."""

    feature_name: str
    constraint_check_type: str
    description: str


def violations_document(violations: Iterable[ConstraintViolation]) -> dict[str, Any]:
    """The violations in SageMaker's schema."""
    return {"violations": [asdict(violation) for violation in violations]}


@dataclass(frozen=True)
class ReportedViolation:
    """One violation that a container has reported; `column` is empty where the table as a whole is meant."""

    column: str
    check: CheckType
    description: str


class _Violation(Part):
    """A violation of data or model quality, of bias (facet and metric), or of attributions (label)."""

    feature_name: str | None = None
    facet: str | None = None
    facet_value: Any = None
    metric_name: str | None = None
    label: str | None = None
    constraint_check_type: str | None = None
    description: str | None = None

    @property
    def column(self) -> str:
        if self.facet is not None:
            return self.facet if self.facet_value is None else f"{self.facet} = {self.facet_value}"
        named = self.feature_name if self.feature_name is not None else self.label or ""
        return "" if named in (MISSING_COLUMNS, EXTRA_COLUMNS) else named

    @property
    def reported(self) -> ReportedViolation:
        # All metrics of a facet have the check bias_drift_check; alerts are counted on each.
        own = self.metric_name if self.facet is not None else self.constraint_check_type or self.metric_name
        check = check_name(own or "")
        description = self.description or "no description was given"
        said = {check, check.removesuffix("_check")}
        return ReportedViolation(
            self.column, check, description if own is None or own.lower() in said else f"{own}: {description}"
        )


class _Violations(Part):
    violations: list[_Violation]


def read_violations(content: bytes, uri: str) -> list[ReportedViolation]:
    """The violations of a file in SageMaker's schema of any monitoring type and version.

    Names of checks that this API doesn't allow are changed to such as it does; the description then begins with the
    original. Raises InputError that names the file, the place in it and what was expected.
    """
    document = parse(_Violations, read_json(content, uri), uri)
    return [violation.reported for violation in document.violations]


def check_name(text: str) -> CheckType:
    """A name of a check made of any text: `KS Test` gives `ks_test_check`, nothing gives `custom_check`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    name = re.sub(r"[^a-z0-9]+", "_", words).strip("_").removesuffix("_check")
    if not re.match("[a-z]", name):
        name = f"custom_{name}".strip("_")
    return f"{name[:_LONGEST_NAME].rstrip('_')}_check"

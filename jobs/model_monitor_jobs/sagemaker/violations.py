"""constraint_violations.json: writing it from findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from model_monitor_jobs.checks.finding import Finding

_TABLE_NAMES = {"missing_column_check": "Missing columns", "extra_column_check": "Extra columns"}


def violations_document(findings: Iterable[Finding]) -> dict[str, Any]:
    """The checks that do not hold, in SageMaker's schema."""
    return {
        "violations": [
            {
                "feature_name": finding.column or _TABLE_NAMES[finding.check],
                "constraint_check_type": finding.check,
                "description": finding.description,
            }
            for finding in findings
            if finding.violated
        ]
    }

"""constraint_violations.json: writing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

MISSING_COLUMNS: Final = "Missing columns"
EXTRA_COLUMNS: Final = "Extra columns"
"""What SageMaker writes for a column's name where the table as a whole is meant."""


@dataclass(frozen=True)
class ConstraintViolation:
    """One violation, in SageMaker's words."""

    feature_name: str
    constraint_check_type: str
    description: str


def violations_document(violations: Iterable[ConstraintViolation]) -> dict[str, Any]:
    """The violations in SageMaker's schema."""
    return {"violations": [asdict(violation) for violation in violations]}

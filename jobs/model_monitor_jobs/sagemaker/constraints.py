"""constraints.json: reading it, and suggesting it from a profile."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.documents import parse
from model_monitor_jobs.sagemaker.statistics import MOST_CATEGORIES, Part

Switch = Literal["Enabled", "Disabled"]
Share = Annotated[float, Field(ge=0, le=1)]


class DistributionConstraints(Part):
    """How distributions are compared."""

    perform_comparison: Switch | None = None
    comparison_threshold: Annotated[float, Field(ge=0)] | None = None
    comparison_method: Literal["Simple", "Robust"] | None = None
    categorical_comparison_threshold: Annotated[float, Field(ge=0)] | None = None
    categorical_drift_method: Literal["LInfinity", "ChiSquared"] | None = None

    @field_validator("comparison_method", mode="before")
    @classmethod
    def _either_spelling(cls, value: object) -> object:
        return {"linf_simple": "Simple", "linf_robust": "Robust"}.get(value, value) if isinstance(value, str) else value


class MonitoringConfig(Part):
    """Thresholds, for the file or for one feature."""

    evaluate_constraints: Switch | None = None
    emit_metrics: Switch | None = None
    datatype_check_threshold: Share | None = None
    domain_content_threshold: Share | None = None
    distribution_constraints: DistributionConstraints = Field(default_factory=DistributionConstraints)

    def over(self, base: MonitoringConfig) -> MonitoringConfig:
        """These settings where they are set, else those of `base`."""
        own, theirs = self.distribution_constraints, base.distribution_constraints
        merged = theirs.model_copy(update=own.model_dump(exclude_none=True))
        update = self.model_dump(exclude_none=True, exclude={"distribution_constraints"})
        return base.model_copy(update=update | {"distribution_constraints": merged})


GENERATED = MonitoringConfig(
    evaluate_constraints="Enabled",
    emit_metrics="Enabled",
    datatype_check_threshold=1.0,
    domain_content_threshold=1.0,
    distribution_constraints=DistributionConstraints(
        perform_comparison="Enabled",
        comparison_threshold=0.1,
        comparison_method="Robust",
        categorical_comparison_threshold=0.1,
        categorical_drift_method="LInfinity",
    ),
)
"""What SageMaker's container writes, and what holds where a file says nothing."""


class NumConstraints(Part):
    """Constraints of a numeric column."""

    is_non_negative: bool | None = None


class StringConstraints(Part):
    """Constraints of a text column."""

    domains: list[str] | None = None


class FeatureConstraints(Part):
    """Constraints of one column."""

    name: str
    inferred_type: Literal["Integral", "Fractional", "String", "Unknown"]
    completeness: Share | None = None
    num_constraints: NumConstraints | None = None
    string_constraints: StringConstraints | None = None
    monitoring_config_overrides: MonitoringConfig | None = Field(default=None, alias="monitoringConfigOverrides")

    @property
    def domain(self) -> frozenset[str] | None:
        """The known values of a text column, where they are listed."""
        domains = self.string_constraints.domains if self.string_constraints else None
        return frozenset(domains) if domains is not None else None


class Constraints(Part):
    """The whole file."""

    version: float = 0.0
    features: list[FeatureConstraints]
    monitoring_config: MonitoringConfig = GENERATED

    def config(self, feature: FeatureConstraints) -> MonitoringConfig:
        """The settings that hold for a feature: its own, else the file's, else SageMaker's."""
        general = self.monitoring_config.over(GENERATED)
        own = feature.monitoring_config_overrides
        resolved = own.over(general) if own else general
        distribution = resolved.distribution_constraints
        said = self.monitoring_config.distribution_constraints
        own_said = own.distribution_constraints if own else DistributionConstraints()
        if own_said.categorical_comparison_threshold is None and said.categorical_comparison_threshold is None:
            distribution = distribution.model_copy(
                update={"categorical_comparison_threshold": distribution.comparison_threshold}
            )
        return resolved.model_copy(update={"distribution_constraints": distribution})


def read_constraints(content: bytes, uri: str) -> Constraints:
    """Read constraints.json; raises InputError with the path in the file, the value, and what was expected."""
    return parse(Constraints, content, uri)


def constraints_document(table: TableProfile) -> dict[str, Any]:
    """The constraints that a profile suggests, as SageMaker's container writes them."""
    return {
        "version": 0.0,
        "features": [_feature(column, table.rows) for column in table.columns.values()],
        "monitoring_config": GENERATED.model_dump(),
    }


def _feature(column: ColumnProfile, rows: int) -> dict[str, Any]:
    feature: dict[str, Any] = {
        "name": column.name,
        "inferred_type": column.inferred_type,
        "completeness": column.present / rows if rows else 0.0,
    }
    if column.inferred_type in NUMERIC:
        feature["num_constraints"] = {"is_non_negative": column.moments.minimum >= 0}
    elif column.frequencies.exact and 0 < column.frequencies.distinct < MOST_CATEGORIES:
        feature["string_constraints"] = {"domains": list(column.frequencies.counts)}
    return feature

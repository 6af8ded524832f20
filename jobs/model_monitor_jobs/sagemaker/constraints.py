"""constraints.json: reading it, and suggesting it from a profile."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json, refuse_repeated_keys
from model_monitor_jobs.sagemaker.explanations import expecting, stray_key
from model_monitor_jobs.sagemaker.kinds import CONSTRAINTS, refuse_other_kind
from model_monitor_jobs.sagemaker.statistics import MOST_CATEGORIES, repeated_name

Switch = Literal["Enabled", "Disabled"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), expecting("a number from 0 to 1")]
Threshold = Annotated[float, Field(ge=0, allow_inf_nan=False), expecting("a number of at least 0")]
Flag = Annotated[bool, Field(strict=True), expecting("true or false")]


class DistributionConstraints(Part):
    """How distributions are compared."""

    perform_comparison: Switch | None = None
    comparison_threshold: Threshold | None = None
    comparison_method: Literal["Simple", "Robust", "linf_simple", "linf_robust"] | None = None
    """Files say Simple and Robust, the documentation's table linf_simple and linf_robust."""
    categorical_comparison_threshold: Threshold | None = None
    categorical_drift_method: Literal["LInfinity", "ChiSquared"] | None = None

    @property
    def robust(self) -> bool:
        """Whether distances are less what sampling explains."""
        return self.comparison_method in ("Robust", "linf_robust")


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

    is_non_negative: Flag | None = None
    monitoring_config_overrides: MonitoringConfig | None = None
    """Where the Python SDK's `Constraints.set_monitoring` once wrote them."""


class StringConstraints(Part):
    """Constraints of a text column."""

    domains: list[str] | None = None
    monitoring_config_overrides: MonitoringConfig | None = None
    """Where the Python SDK's `Constraints.set_monitoring` wrote them until it was mended."""


class FeatureConstraints(Part):
    """Constraints of one column."""

    name: str
    inferred_type: Literal["Integral", "Fractional", "String", "Unknown"]
    completeness: Share | None = None
    num_constraints: NumConstraints | None = None
    string_constraints: StringConstraints | None = None
    documented_overrides: MonitoringConfig | None = Field(default=None, alias="monitoringConfigOverrides")
    """As the documentation spells it."""
    monitoring_config_overrides: MonitoringConfig | None = None
    """As the Python SDK spells it."""

    @property
    def domain(self) -> frozenset[str] | None:
        """The known values of a text column, where they are listed."""
        domains = self.string_constraints.domains if self.string_constraints else None
        return frozenset(domains) if domains is not None else None

    @property
    def overrides(self) -> MonitoringConfig | None:
        """The feature's own settings, wherever they stand: the documented place goes before the SDK's."""
        parts = (self.string_constraints, self.num_constraints)
        nested = [part.monitoring_config_overrides for part in parts if part]
        found = [config for config in (self.documented_overrides, self.monitoring_config_overrides, *nested) if config]
        merged = found[0] if found else None
        for config in found[1:]:
            merged = merged.over(config) if merged else config
        return merged


class Constraints(Part):
    """The whole file."""

    version: float = 0.0
    features: list[FeatureConstraints]
    monitoring_config: MonitoringConfig = GENERATED

    def config(self, feature: FeatureConstraints) -> MonitoringConfig:
        """The settings that hold for a feature: its own, else the file's, else SageMaker's."""
        general = self.monitoring_config.over(GENERATED)
        own = feature.overrides
        resolved = own.over(general) if own else general
        distribution = resolved.distribution_constraints
        said = self.monitoring_config.distribution_constraints
        own_said = own.distribution_constraints if own else DistributionConstraints()
        if own_said.categorical_comparison_threshold is None and said.categorical_comparison_threshold is None:
            distribution = distribution.model_copy(
                update={"categorical_comparison_threshold": distribution.comparison_threshold}
            )
        return resolved.model_copy(update={"distribution_constraints": distribution})


_HOMES: Final = {
    **dict.fromkeys(
        MonitoringConfig.model_fields, "monitoring_config or, for one feature, in its monitoringConfigOverrides"
    ),
    **dict.fromkeys(DistributionConstraints.model_fields, "distribution_constraints"),
    "is_non_negative": "num_constraints",
    "domains": "string_constraints",
}


def read_constraints(content: bytes, uri: str) -> Constraints:
    """Read constraints.json, which people edit.

    Raises InputError with line and column where it is no JSON, with the path in the file, the value, and what was
    expected where a value is wrong, and for keys that look like known ones, misspelt or in the wrong place: what they
    were meant to change would silently stay as it was.
    """
    document = read_json(content, uri)
    refuse_repeated_keys(content, uri)
    refuse_other_kind(document, CONSTRAINTS, uri)
    if isinstance(document, dict) and (stray := stray_key(Constraints, document, _HOMES)):
        raise InputError(f"{uri}: {stray}")
    constraints = parse(Constraints, document, uri)
    if twice := repeated_name([feature.name for feature in constraints.features]):
        raise InputError(f"{uri}: {twice}", remedy="keep one of them")
    return constraints


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

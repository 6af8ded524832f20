"""What every part of the API shares: naming, strictness, and the names on objects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from model_monitor_crds.rules import KEYWORD, Checked, Rule, documents, matches
from model_monitor_crds.window import DURATION_PATTERN

GROUP: Final = "modelmonitor.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = "modelmonitor.dev/v1alpha1"

LABEL_SCHEDULE = f"{GROUP}/schedule"
LABEL_BASELINE = f"{GROUP}/baseline"
ANNOTATION_RUN = f"{GROUP}/run"
"""On a pod: the run configuration as one JSON value, read through the downward API."""

MonitoringType = Literal["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"]

CheckType = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*_check$", max_length=64)]
"""Name of a check, SageMaker's where it has one: completeness_check, data_type_check, baseline_drift_check, …"""


class Model(BaseModel):
    """Base of every type in the API: camelCase outside, snake_case inside; unknown fields are refused.

    Types are strict, as the API server's are: "2" is no number and "yes" no boolean.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
    )
    rules: ClassVar[tuple[Rule, ...]] = ()
    """What must hold of the parts together; written into the schema for the API server, and checked here."""

    @model_validator(mode="after")
    def _keep_rules(self) -> Self:
        for rule in self.rules:
            rule.check(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Write the rules into the schema."""
        schema = handler.resolve_ref_schema(handler(core))
        if cls.rules:
            schema[KEYWORD] = documents(cls.rules)
        return schema

    def to_dict(self) -> dict[str, Any]:
        """The object as it stands in YAML or JSON: camelCase, without what was left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


Moment = Annotated[datetime, Field(strict=False)]
"""A time; in YAML and JSON it is text (RFC 3339)."""
Duration = Annotated[
    str,
    Field(max_length=32),
    Checked(matches(DURATION_PATTERN, message="is no ISO 8601 duration such as PT24H, P1D or P1DT12H")),
]
"""ISO 8601 without years and months."""

Uri = Annotated[
    str,
    Field(min_length=1, max_length=2048),
    Checked(
        matches(
            "^(s3|gs|az|pvc)://[A-Za-z0-9][A-Za-z0-9._@-]*(/.*)?$",
            "^file:///.*$",
            message="must start with s3://bucket, gs://bucket, az://container, file:/// or pvc://claim",
        )
    ),
]
ObjectName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
ColumnName = Annotated[str, Field(min_length=1, max_length=256)]


class Reference(Model):
    """A reference to an object in the same namespace."""

    name: ObjectName
    """Name of the object, in the same namespace."""


class Segment(Model):
    """Rows that have one value in a column."""

    column: Annotated[str, Field(min_length=1, max_length=256)]
    """The column."""
    value: Annotated[str, Field(max_length=256)]
    """Its value."""


class Condition(Model):
    """One aspect of an object's state, in the standard shape of Kubernetes conditions."""

    type: Annotated[str, Field(min_length=1, max_length=64)]
    """Name of the condition in CamelCase, such as Ready."""
    status: Literal["True", "False", "Unknown"]
    """Whether the condition holds."""
    reason: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    """Why, as one word in CamelCase for programs."""
    message: Annotated[str, Field(max_length=4096)] = ""
    """Why, in words for people."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the object that this condition speaks of."""
    last_transition_time: Moment
    """When status last changed."""


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


class TimeWindow(Model):
    """A span of time, start included, end not."""

    rules = (
        Rule("self.start < self.end", "window: end must be after start", lambda window: window.start < window.end),
    )

    start: Moment
    """First moment of the window, RFC 3339."""
    end: Moment
    """First moment after the window, RFC 3339."""

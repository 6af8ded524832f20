"""What a kind is called, and how `kubectl get` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Metadata(BaseModel):
    """The part of an object's metadata that is read; the rest passes through."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")
    name: Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    creation_timestamp: str | None = None


@dataclass(frozen=True)
class PrinterColumn:
    """One column of `kubectl get`; those of priority 1 are shown by `-o wide`."""

    name: str
    type: Literal["string", "integer", "date", "boolean", "number"]
    path: str
    priority: Literal[0, 1] = 0


@dataclass(frozen=True)
class Kind:
    """One resource type: its model and its names. All kinds are namespaced."""

    model: type[BaseModel]
    plural: str
    short_name: str
    columns: tuple[PrinterColumn, ...]
    selectable_fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The kind, such as Baseline."""
        return self.model.__name__

    @property
    def singular(self) -> str:
        """The lower-case name that kubectl also takes."""
        return self.name.lower()

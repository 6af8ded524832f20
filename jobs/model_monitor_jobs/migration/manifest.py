"""An object of ours as YAML, with what a person still has to do written above it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from model_monitor_crds import KINDS
from model_monitor_crds.base import API_VERSION
from model_monitor_crds.definitions import to_yaml
from model_monitor_crds.validation import describe
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.migration.ledger import Note
from model_monitor_jobs.migration.placeholders import filled

_MODELS: Final[dict[str, type[BaseModel]]] = {kind.name: kind.model for kind in KINDS}
_WIDTH: Final = 120


@dataclass(frozen=True)
class Manifest:
    """An object, the resources of SageMaker that it comes from, and what is left to do."""

    document: dict[str, Any]
    origin: str
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(
        cls, kind: str, metadata: dict[str, Any], spec: dict[str, Any], origin: str, notes: tuple[Note, ...] = ()
    ) -> Manifest:
        """An object of a kind. Raises ConfigurationError where our API would refuse more than its placeholders."""
        document = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
        try:
            _MODELS[kind].model_validate(filled(document))
        except ValidationError as error:
            raise ConfigurationError(f"{origin}: as {kind} {metadata['name']}: {describe(error)}") from error
        return cls(document, origin, notes)

    def text(self) -> str:
        """YAML, below comments that say where it comes from and what is to be done."""
        comments = [f"From {self.origin}."]
        comments += [f"To do: {note.field}: {note.text}" for note in self.notes if note.fate == "to do"]
        lines = [
            line
            for comment in comments
            for line in textwrap.wrap(
                comment,
                _WIDTH,
                initial_indent="# ",
                subsequent_indent="#   ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        ]
        return "\n".join(lines) + "\n" + to_yaml(self.document)

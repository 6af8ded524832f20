"""The CustomResourceDefinitions as YAML text, for files and for the terminal."""

from __future__ import annotations

from typing import Any

import yaml

from model_monitor_crds import KINDS
from model_monitor_crds.metadata import Kind
from model_monitor_crds.schema import custom_resource_definition


class _PlainDumper(yaml.SafeDumper):
    """Writes equal parts out in full: anchors save bytes and cost the reader."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def to_yaml(document: dict[str, Any]) -> str:
    """One object as YAML in block style, in the order it has, without anchors."""
    return yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, width=120, allow_unicode=True)


def definition_yaml(kind: Kind) -> str:
    """The CustomResourceDefinition of one kind as one YAML document."""
    return to_yaml(custom_resource_definition(kind))


def definitions_yaml() -> str:
    """All CustomResourceDefinitions, ready for `kubectl apply -f -`."""
    return "---\n".join(definition_yaml(kind) for kind in KINDS)

"""Reading Baselines and MonitoringSchedules from YAML files, as `kubectl apply -f` would take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from model_monitor_crds import Baseline, MonitoringSchedule
from model_monitor_crds.base import API_VERSION, GROUP
from model_monitor_crds.validation import describe
from model_monitor_jobs.errors import ConfigurationError


@dataclass(frozen=True)
class Manifests:
    """The objects of some files that can run without a cluster, by name, in the order of the files."""

    baselines: dict[str, Baseline] = field(default_factory=dict)
    schedules: dict[str, MonitoringSchedule] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    """Other objects in the files: version, kind and name."""


def load_manifests(files: Iterable[Path]) -> Manifests:
    """Read YAML files with any number of documents.

    Raises ConfigurationError naming file, object, field, value and remedy.
    """
    baselines: dict[str, Baseline] = {}
    schedules: dict[str, MonitoringSchedule] = {}
    passed_over = []
    for path in files:
        for document in read_documents(path):
            loaded = _load(document, path)
            if isinstance(loaded, Baseline):
                baselines[loaded.metadata.name] = loaded
            elif isinstance(loaded, MonitoringSchedule):
                schedules[loaded.metadata.name] = loaded
            else:
                passed_over.append(_title(document))
    return Manifests(baselines, schedules, tuple(passed_over))


def read_documents(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a YAML or JSON file, those of lists one by one; raises ConfigurationError naming the file."""
    try:
        documents = list(yaml.safe_load_all(path.read_text()))
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not YAML: {error}") from error
    for number, document in enumerate(documents, 1):
        if document is None:
            continue
        listed = isinstance(document, dict) and document.get("kind") == "List"
        for item in document.get("items") or [] if listed else [document]:
            if not isinstance(item, dict):
                raise ConfigurationError(f"{path}: document {number} is no object")
            yield item


def _load(document: dict[str, Any], path: Path) -> Baseline | MonitoringSchedule | None:
    kind = document.get("kind")
    version = str(document.get("apiVersion"))
    if version.partition("/")[0] != GROUP or kind == "MonitoringExecution":
        return None
    if version != API_VERSION or kind not in ("Baseline", "MonitoringSchedule"):
        raise ConfigurationError(
            f"{path}: {_title(document)}: there is no such kind",
            remedy=f"{API_VERSION} has Baseline, MonitoringSchedule and MonitoringExecution",
        )
    try:
        return (Baseline if kind == "Baseline" else MonitoringSchedule).model_validate(document)
    except ValidationError as error:
        name = _name(document)
        raise ConfigurationError(f"{path}: {kind} {name}: {describe(error)}") from error


def _title(document: dict[str, Any]) -> str:
    return f"{document.get('apiVersion', '?')} {document.get('kind', '?')} {_name(document)}"


def _name(document: dict[str, Any]) -> Any:
    metadata = document.get("metadata")
    return metadata.get("name", "?") if isinstance(metadata, dict) else "?"

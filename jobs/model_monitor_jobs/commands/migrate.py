"""`model-monitor migrate`: SageMaker's monitoring schedules as our manifests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from model_monitor_jobs.commands.exit_codes import NO_VIOLATION, VIOLATIONS
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.manifests import read_documents
from model_monitor_jobs.migration.convert import Group, Migration, convert
from model_monitor_jobs.migration.resources import Resource, recognise
from model_monitor_jobs.migration.settings import Settings

_STYLES: Final = {"to do": "yellow", "left out": "dim", "carried": "green"}
_WIDTH: Final = max(map(len, _STYLES))


def migrate_files(files: Iterable[Path], output: Path | None, settings: Settings, console: Console) -> int:
    """Write the manifests to a folder, or print them, and tell on the console what became of each field.

    Returns 2 when something is left for a person to do, else 0. Raises ConfigurationError where a file can't be read or
    converted, or one would be overwritten.
    """
    migration = convert(_resources(files), settings)
    if not migration.groups:
        raise ConfigurationError(
            "the files hold neither a monitoring schedule nor a job definition of SageMaker",
            remedy="give ACK manifests, or what aws sagemaker describe-monitoring-schedule and"
            " describe-…-job-definition print",
        )
    if output is None:
        click.echo("---\n".join(_text(group) for group in migration.groups), nl=False)
    else:
        _write(output, migration.groups, console)
    _tell(migration, console)
    return NO_VIOLATION if migration.complete else VIOLATIONS


def _resources(files: Iterable[Path]) -> list[Resource]:
    resources = []
    for path in files:
        for document in read_documents(path):
            resource = recognise(document, str(path))
            if resource is None:
                click.echo(f"passed over: {document.get('apiVersion', '?')} {document.get('kind', '?')}", err=True)
            else:
                resources.append(resource)
    return resources


def _text(group: Group) -> str:
    return "---\n".join(manifest.text() for manifest in group.manifests)


def _write(folder: Path, groups: Iterable[Group], console: Console) -> None:
    texts = {folder / f"{group.name}.yaml": _text(group) for group in groups}
    for path in texts:
        if path.exists():
            raise ConfigurationError(f"{path}: is there already", remedy="move it away, or name another --output")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text)
            console.print(Text(f"written: {path}"))
    except OSError as error:
        raise ConfigurationError(f"{folder}: can't be written: {error.strerror}") from error


def _tell(migration: Migration, console: Console) -> None:
    """A line a field, unbroken, so that it can be searched for."""
    for resource in dict.fromkeys(note.resource for note in migration.notes):
        console.print(Text(resource, style="bold"))
        own = [note for note in migration.notes if note.resource == resource]
        for note in sorted(own, key=lambda note: list(_STYLES).index(note.fate)):
            fate = Text(f"  {note.fate:<{_WIDTH}}", style=_STYLES[note.fate])
            console.print(fate + Text(f"  {note.field}: {note.text}", style="none"), soft_wrap=True)

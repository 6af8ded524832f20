"""The scripts that a spec names, fetched."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.data import Script as ScriptSettings
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.scripts.process import Script
from model_monitor_jobs.storage import Storage

_MOST_BYTES: Final = 1 << 20


def fetched_script(settings: ScriptSettings | None, storage: Storage) -> Script | None:
    """The script; None where none is named. Raises InputError where it is not there, or is no script."""
    if settings is None:
        return None
    content = storage.read_bytes(settings.uri)
    if len(content) > _MOST_BYTES or b"\0" in content:
        raise InputError(f"{settings.uri}: is no Python script", remedy="name one file of Python")
    return Script(settings.uri, content, float(settings.timeout_seconds))

"""The checks, one a file. A new one is found by its file alone: a module here with a `CHECK`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from model_monitor_jobs.checks.data_quality.check import Check


@cache
def checks() -> tuple[Check, ...]:
    """All checks, in the order of their names."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(sorted((module.CHECK for module in modules), key=lambda check: check.type))

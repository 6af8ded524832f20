"""Where a job definition keeps its parts: in a resource of its own, or inside of a schedule as before 2020."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model_monitor_crds.base import MonitoringType
from model_monitor_jobs.migration.leaves import Path
from model_monitor_jobs.migration.ledger import Ledger
from model_monitor_jobs.migration.resources import DEFINITIONS

INLINE: Final = ("monitoringscheduleconfig", "monitoringjobdefinition")


@dataclass(frozen=True)
class Definition:
    """What a monitor does: its values, and the paths of its parts in lower case."""

    type: MonitoringType
    ledger: Ledger
    application: Path
    baseline: Path
    input: Path
    output: Path
    environment: Path
    runtime: Path

    @property
    def endpoint(self) -> Path:
        """The captured traffic that is read."""
        return (*self.input, "endpointinput")

    @property
    def batch(self) -> Path:
        """The batch transform's data that are read instead."""
        return (*self.input, "batchtransforminput")

    @property
    def captured(self) -> bool:
        """Whether captured traffic is read."""
        return not self.ledger.below(*self.batch)

    @property
    def traffic(self) -> Path:
        """The one of both that is read."""
        return self.endpoint if self.captured else self.batch


def own_definition(ledger: Ledger) -> Definition:
    """The definition that a resource of its own is."""
    kind = DEFINITIONS[ledger.resource.kind]
    prefix = kind.lower()
    application = (f"{prefix}appspecification",)
    return Definition(
        kind,
        ledger,
        application,
        (f"{prefix}baselineconfig",),
        (f"{prefix}jobinput",),
        (f"{prefix}joboutputconfig",),
        (*application, "environment"),
        ("stoppingcondition", "maxruntimeinseconds"),
    )


def inline_definition(ledger: Ledger) -> Definition:
    """The definition inside of a schedule, which is always one of data quality."""
    return Definition(
        "DataQuality",
        ledger,
        (*INLINE, "monitoringappspecification"),
        (*INLINE, "baselineconfig"),
        (*INLINE, "monitoringinputs", "0"),
        (*INLINE, "monitoringoutputconfig"),
        (*INLINE, "environment"),
        (*INLINE, "stoppingcondition", "maxruntimeinseconds"),
    )

"""What a run of a model quality monitor knows besides its window."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from model_monitor_crds.window import Window
from model_monitor_jobs.runs.history import History


@dataclass(frozen=True)
class LabelsAsOf:
    """Labels known before a time, the newest window, and earlier results."""

    as_of: datetime
    latest: Window | None = None
    """The window that came in last, where its labels are not due yet."""
    history: History = field(default_factory=History)
    estimate: bool = True
    """Whether performance is estimated without labels as well, where the monitor asks for it."""

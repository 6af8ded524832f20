"""What is known of a window as a whole only, because it would cost too much for each of its groups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeVar

from model_monitor_jobs.profiles.grouped_arrays import Part
from model_monitor_jobs.profiles.performance.rows import LabelledRows

Own = TypeVar("Own", bound="Overall")


class Overall(ABC):
    """A part of a window's performance that merges: a table of scores, a confusion matrix, or sketches of errors."""

    @abstractmethod
    def update(self, rows: LabelledRows) -> None:
        """Add rows."""

    @abstractmethod
    def merge(self, other: Overall) -> None:
        """Add the rows of another part of the same kind; raises ValueError for another kind."""

    @abstractmethod
    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs."""

    @classmethod
    @abstractmethod
    def from_arrays(cls: type[Own], arrays: Mapping[str, Part]) -> Own:
        """What `arrays` gave; raises ValueError for arrays of other names, types or shapes."""

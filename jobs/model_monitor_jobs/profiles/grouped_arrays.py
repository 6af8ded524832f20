"""Arrays of groups that add up and can be taken apart, whatever they count."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Part = NDArray[Any]
Counts = NDArray[np.int64]


@dataclass
class GroupedArrays(ABC):
    """A dataclass whose fields that are arrays have the groups first."""

    @property
    @abstractmethod
    def groups(self) -> int:
        """How many groups there are."""

    def parts(self) -> dict[str, Part]:
        """The arrays by their names, groups first."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: part for name, part in named.items() if isinstance(part, np.ndarray)}

    def grow(self, groups: int) -> None:
        """Have at least so many groups; the new ones are empty."""
        more = groups - self.groups
        if more > 0:
            for name, part in self.parts().items():
                setattr(self, name, np.concatenate((part, np.zeros((more, *part.shape[1:]), dtype=part.dtype))))

    def at(self, places: Any) -> Self:
        """Some of the groups, or one, as groups again."""
        chosen = [int(places)] if np.ndim(places) == 0 and not isinstance(places, slice) else places
        return self._with({name: part[chosen] for name, part in self.parts().items()})

    def total(self) -> Self:
        """All groups together, as one."""
        return self._with({name: part.sum(axis=0, keepdims=True) for name, part in self.parts().items()})

    def summed(self, groups: Counts) -> Self:
        """Groups added up; `groups` numbers the new group of each, from 0 without gaps."""
        order = np.argsort(groups, kind="stable")
        edges = np.flatnonzero(np.diff(groups[order], prepend=-1))
        return self._with({name: np.add.reduceat(part[order], edges, axis=0) for name, part in self.parts().items()})

    def _with(self, parts: dict[str, Any]) -> Self:
        return replace(self, **parts)

"""What bias metrics are computed from: contingency tables, in groups, that add up and can be taken away again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from model_monitor_jobs.profiles.bias.problem import BiasProblem
from model_monitor_jobs.profiles.bias.rows import BiasRows, Values
from model_monitor_jobs.profiles.grouped_arrays import Counts, GroupedArrays, Part
from model_monitor_jobs.profiles.performance.counts import Grouping, checked
from model_monitor_jobs.profiles.performance.multiclass import encoded
from model_monitor_jobs.profiles.performance.problem import class_places

MOST_VALUES: Final = 256
"""So many strata and label values are told apart; with more of them, what needs them is undefined."""
_NAMES: Final = {"by_stratum": "strata", "by_label": "label_values"}
"""The arrays whose third axis has names, and the fields of those names."""


@dataclass
class BiasCounts(GroupedArrays):
    """Rows by facet, group, label and prediction, in G groups of rows: blocks of a window, or windows of a baseline.

    The sides of each facet are 0 advantaged and 1 disadvantaged, outcomes 0 negative, 1 positive, 2 unknown. Like
    `PerformanceCounts`, `merge`, `less`, `at`, `total` and `summed` are exact.
    """

    problem: BiasProblem
    table: Counts
    """(G, facets, 2, 3, 3): side, label, prediction."""
    missing: Counts
    """(G, facets): rows without a value in the facet's column; they count as advantaged."""
    by_stratum: Counts | None = None
    """(G, facets, strata, 2, 2, 2): of labels and of predictions, rows by side and known outcome. None where the
    problem has no strata, or there are more than 256."""
    by_label: Counts | None = None
    """(G, facets, label values, 2): rows by side. None where every label is not asked for, or there are too many."""
    strata: tuple[str, ...] = ()
    label_values: tuple[str, ...] = ()
    """Both in ascending order."""

    @classmethod
    def empty(cls, problem: BiasProblem, groups: int) -> BiasCounts:
        """Counts without rows."""
        facets = len(problem.facets)
        return cls(
            problem,
            np.zeros((groups, facets, 2, 3, 3), dtype=np.int64),
            np.zeros((groups, facets), dtype=np.int64),
            None if problem.stratified_by is None else np.zeros((groups, facets, 0, 2, 2, 2), dtype=np.int64),
            np.zeros((groups, facets, 0, 2), dtype=np.int64) if problem.every_label else None,
        )

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.table)

    @property
    def rows(self) -> Counts:
        """Rows of each group."""
        return np.asarray(self.table[:, 0].sum(axis=(1, 2, 3)), dtype=np.int64)

    @property
    def labelled(self) -> Counts:
        """Rows of each group whose label is known."""
        return np.asarray(self.table[:, 0, :, :2].sum(axis=(1, 2, 3)), dtype=np.int64)

    @property
    def answered(self) -> Counts:
        """Rows of each group whose answer is known."""
        return np.asarray(self.table[:, 0, :, :, :2].sum(axis=(1, 2, 3)), dtype=np.int64)

    def update(self, rows: BiasRows, codes: Counts) -> None:
        """Add rows; `codes` are their groups from 0, or -1 for rows that are left out.

        Raises ValueError for a group that there is not.
        """
        within = codes >= 0
        if not within.all():
            rows, codes = rows.at(within), codes[within]
        if not len(codes):
            return
        if codes.max() >= self.groups:
            raise ValueError(f"group {codes.max()} of {self.groups}")
        into = Grouping(codes)
        strata = self._widened("by_stratum", rows.strata)
        label_values = self._widened("by_label", rows.label_values)
        count = len(self.strata)
        outcomes = rows.label * 3 + rows.predicted
        for place, (side, given) in enumerate(zip(rows.disadvantaged, rows.given, strict=True)):
            side_outcomes = side * 9 + outcomes
            if strata is None or self.by_stratum is None:
                self.table[into.span, place] += into.counts(side_outcomes, 2, 3, 3)
            else:
                # Rows without a stratum have a place of their own behind the others.
                counted = into.counts(strata * 18 + side_outcomes, count + 1, 2, 3, 3)
                self.table[into.span, place] += counted.sum(axis=1)
                self.by_stratum[into.span, place, :, 0] += counted[:, :count, :, :2].sum(axis=-1)
                self.by_stratum[into.span, place, :, 1] += counted[:, :count, ..., :2].sum(axis=-2)
            if label_values is not None and self.by_label is not None:
                counted = into.counts(label_values * 2 + side, len(self.label_values) + 1, 2)
                self.by_label[into.span, place] += counted[:, :-1]
            if not given.all():
                self.missing[into.span, place] += into.counts(given.astype(np.int64), 2)[:, 0]

    def merge(self, other: BiasCounts) -> None:
        """Add the rows of another part, group by group; raises ValueError where groups or problems differ."""
        own, theirs = self._alike(other)
        for name in _NAMES:
            setattr(self, name, getattr(own, name))
            setattr(self, _NAMES[name], getattr(own, _NAMES[name]))
        for name, part in own.parts().items():
            setattr(self, name, part + theirs.parts()[name])

    def less(self, other: BiasCounts) -> BiasCounts:
        """The counts of the rows that are not among the other's; one group is taken from each."""
        own, theirs = self._alike(other, spread=True)
        return own._with({name: part - theirs.parts()[name] for name, part in own.parts().items()})

    def of_facet(self, place: int, *, strata: bool = True) -> BiasCounts:
        """The counts of one facet; without `strata` of its tables alone."""
        chosen = slice(place, place + 1)
        parts: dict[str, Any] = {name: part[:, chosen] for name, part in self.parts().items()}
        if not strata:
            parts["by_stratum"] = None
        return self._with(parts | {"problem": replace(self.problem, facets=self.problem.facets[chosen])})

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs besides the problem."""
        named = {field: encoded(getattr(self, field)) for array, field in _NAMES.items() if array in self.parts()}
        return self.parts() | named

    @classmethod
    def from_arrays(cls, problem: BiasProblem, arrays: Mapping[str, Part]) -> BiasCounts:
        """What `arrays` gave; raises ValueError for arrays of other names, types or shapes."""
        made = cls.empty(problem, len(arrays.get("table", ())))
        for array, field in _NAMES.items():
            if array not in arrays:
                setattr(made, array, None)
            elif getattr(made, array) is not None:
                made._widened(array, Values(np.empty(0, dtype=np.int64), _names(arrays, field)))
        parts = {name: array for name, array in arrays.items() if name not in _NAMES.values()}
        return made._with(checked(made.parts(), parts))

    def _alike(self, other: BiasCounts, *, spread: bool = False) -> tuple[BiasCounts, BiasCounts]:
        """Both with the same strata and label values; `spread` lets either have one group only."""
        if self.problem != other.problem:
            raise ValueError("counts of another problem")
        if self.groups != other.groups and not (spread and 1 in (self.groups, other.groups)):
            raise ValueError(f"{self.groups} groups and {other.groups}")
        own, theirs = replace(self), replace(other)
        for array, field in _NAMES.items():
            nobody = np.empty(0, dtype=np.int64)
            own._widened(array, Values(nobody, getattr(other, field)) if getattr(other, array) is not None else None)
            theirs._widened(array, Values(nobody, getattr(own, field)) if getattr(own, array) is not None else None)
        return own, theirs

    def _widened(self, array: str, values: Values | None) -> Counts | None:
        """Give an array's third axis the names of some rows too; and the place there of each row, the last for none.

        The array becomes None where there would be too many names, or where those of the rows are not known.
        """
        part, own = getattr(self, array), getattr(self, _NAMES[array])
        if part is None:
            return None
        joined = own if values is None else tuple(sorted({*own, *values.names}))
        if values is None or len(joined) > MOST_VALUES:
            setattr(self, array, None)
            setattr(self, _NAMES[array], ())
            return None
        if joined != own:
            wider = np.zeros((*part.shape[:2], len(joined), *part.shape[3:]), dtype=np.int64)
            wider[:, :, class_places(own, joined)] = part
            setattr(self, array, wider)
            setattr(self, _NAMES[array], joined)
        return np.append(class_places(values.names, joined), len(joined))[values.codes]


def _names(arrays: Mapping[str, Part], field: str) -> tuple[str, ...]:
    if field not in arrays:
        raise ValueError(f"{field} is missing")
    names = json.loads(arrays[field].tobytes())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or names != sorted(set(names)):
        raise ValueError(f"{field} is no list of texts in ascending order")
    return tuple(names)

"""What the performance of a regression is computed from; an error is predicted - actual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.grouped_arrays import Counts, Part
from model_monitor_jobs.profiles.performance.counts import Doubles, Grouping, PerformanceCounts
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.profiles.sketch import QuantileSketch

CELLS: Final = 514
_PER_OCTAVE: Final = 8
_SMALLEST: Final = -32
"""The first octave of absolute errors begins at 2^-32, the last one ends at 2^32."""
EDGES: Final = np.concatenate(([0.0], 2.0 ** (_SMALLEST + np.arange(CELLS - 1) / _PER_OCTAVE)))
"""The lower edge of each cell: of errors below 2^-32, then eight an octave, then of 2^32 and more."""


@dataclass
class RegressionCounts(PerformanceCounts):
    """Sums over rows of a regression."""

    rows_in: Counts
    """(G,): rows."""
    errors: Doubles
    """(G, 3): sums of e, |e| and e²."""
    labels: Doubles
    """(G, 2): sums of y - shift and (y - shift)²."""
    cells: Counts
    """(G, 514): |e| on the cells of `EDGES`."""
    shift: float = 0.0
    """A number near the labels' mean, so that their variance does not drown in rounding."""

    @classmethod
    def empty(cls, problem: Problem, groups: int, *, shift: float = 0.0) -> RegressionCounts:
        """Counts without rows."""
        cells = np.zeros((groups, CELLS), dtype=np.int64)
        return cls(
            problem, np.zeros(groups, dtype=np.int64), np.zeros((groups, 3)), np.zeros((groups, 2)), cells, float(shift)
        )

    @property
    def rows(self) -> Counts:
        """Rows of each group."""
        return self.rows_in

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs besides the problem: the shift too."""
        return self.parts() | {"shift": np.array([self.shift])}

    def _add(self, rows: LabelledRows, into: Grouping) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            error, label = rows.predicted - rows.actual, rows.actual - self.shift
            size = np.abs(error)
            self.rows_in[into.span] += into.counts(np.zeros(len(rows), dtype=np.int64), 1)[:, 0]
            for place, values in enumerate((error, size, error * error)):
                self.errors[into.span, place] += into.sums(values)
            for place, values in enumerate((label, label * label)):
                self.labels[into.span, place] += into.sums(values)
        self.cells[into.span] += into.counts(np.searchsorted(EDGES, size, side="right") - 1, CELLS)

    def _alike(self, other: PerformanceCounts, *, spread: bool = False) -> tuple[RegressionCounts, RegressionCounts]:
        own, theirs = super()._alike(other, spread=spread)
        if own.shift != theirs.shift:
            raise ValueError(f"labels shifted by {own.shift} and by {theirs.shift}")
        return own, theirs

    @classmethod
    def from_arrays(cls, problem: Problem, arrays: Mapping[str, Part]) -> RegressionCounts:
        """What `arrays` gave; raises ValueError for arrays of other names, types or shapes."""
        if "shift" not in arrays or arrays["shift"].shape != (1,):
            raise ValueError("the shift is missing")
        made = super().from_arrays(problem, {name: array for name, array in arrays.items() if name != "shift"})
        made.shift = float(arrays["shift"][0])
        return made

    @classmethod
    def _like(cls, problem: Problem, groups: int, arrays: Mapping[str, Part]) -> RegressionCounts:  # noqa: ARG003
        return cls.empty(problem, groups)


class ErrorSketches(Overall):
    """How the errors of a window are distributed."""

    def __init__(self, absolute: QuantileSketch | None = None, signed: QuantileSketch | None = None) -> None:
        self.absolute = absolute or QuantileSketch(seed=1)
        self.signed = signed or QuantileSketch(seed=2)

    def update(self, rows: LabelledRows) -> None:
        """Add rows."""
        with np.errstate(over="ignore"):
            error = rows.predicted - rows.actual
        self.signed.update(error)
        self.absolute.update(np.abs(error))

    def merge(self, other: Overall) -> None:
        """Add the rows of another part."""
        if not isinstance(other, ErrorSketches):
            raise ValueError("parts of different problems")
        self.absolute.merge(other.absolute)
        self.signed.merge(other.signed)

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs."""
        made: dict[str, Part] = {}
        for name, sketch in (("absolute", self.absolute), ("signed", self.signed)):
            levels = sketch.levels
            made[f"{name}_values"] = np.concatenate([*levels, np.empty(0)])
            made[f"{name}_levels"] = np.array([len(level) for level in levels], dtype=np.int64)
            made[f"{name}_thinnings"] = np.array(sketch.thinnings, dtype=np.int64)
            made[f"{name}_history"] = np.array([sketch.size, sketch.seed, sketch.squared_weights])
        return made

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Part]) -> ErrorSketches:
        """What `arrays` gave; raises ValueError for arrays of other names or shapes."""
        return cls(_restored("absolute", arrays), _restored("signed", arrays))


def _restored(name: str, arrays: Mapping[str, Part]) -> QuantileSketch:
    try:
        values, levels, thinnings, history = (
            arrays[f"{name}_{part}"] for part in ("values", "levels", "thinnings", "history")
        )
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from error
    if len(levels) != len(thinnings) or levels.sum() != len(values) or history.shape != (3,):
        raise ValueError(f"the arrays of {name} errors do not fit together")
    size, seed, squared_weights = history.tolist()
    pieces = np.split(values, np.cumsum(levels)[:-1]) if len(levels) else []
    return QuantileSketch.restored(pieces, int(size), int(seed), thinnings.tolist(), squared_weights)

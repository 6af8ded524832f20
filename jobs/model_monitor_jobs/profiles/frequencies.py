"""How often each value occurs, bounded in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MOST_VALUES: Final = 10_000
KEPT_VALUES: Final = 1_000
_HASHES: Final = 4_096


class Frequencies:
    """Counts of texts.

    Exact up to 10,000 distinct values. Beyond that only the 1,000 most frequent so far and the `tracked` ones are
    counted on, and the number of distinct values is estimated from the smallest 4,096 hashes (relative error 1.6 %).
    """

    def __init__(self, tracked: Sequence[str] = ()) -> None:
        self.tracked = tuple(tracked)
        self._counts: dict[str, int] = {}
        self._total = 0
        self._hashes: NDArray[np.uint64] | None = None

    @property
    def exact(self) -> bool:
        """Whether every value is still counted."""
        return self._hashes is None

    @property
    def total(self) -> int:
        """How many values were counted in all."""
        return self._total

    @property
    def counts(self) -> Mapping[str, int]:
        """Count of each value that is counted and was seen, most frequent first, then by text."""
        seen = (item for item in self._counts.items() if item[1])
        return dict(sorted(seen, key=lambda item: (-item[1], item[0])))

    @property
    def distinct(self) -> int:
        """Number of distinct values: exact while `exact`, else an estimate (Bar-Yossef et al. 2002)."""
        if self._hashes is None:
            return len(self._counts)
        if len(self._hashes) < _HASHES:
            return len(self._hashes)
        return round((_HASHES - 1) / (float(self._hashes[-1]) / 2.0**64))

    def tracked_counts(self) -> NDArray[np.int64]:
        """How often each tracked value occurs, exactly, in their order."""
        return np.array([self._counts.get(text, 0) for text in self.tracked], dtype=np.int64)

    def update(self, values: pa.Array) -> None:
        """Count the values of an Arrow string array without nulls."""
        self._total += len(values)
        tally = pc.value_counts(values)
        texts, counts = tally.field("values"), tally.field("counts")
        if self._hashes is None:
            self._add(zip(texts.to_pylist(), counts.to_pylist(), strict=True))
            return
        self._remember(texts.to_pylist())
        known = pc.is_in(texts, value_set=pa.array(list(self._counts), type=texts.type))
        kept = zip(pc.filter(texts, known).to_pylist(), pc.filter(counts, known).to_pylist(), strict=True)
        for text, count in kept:
            self._counts[text] += count

    def merge(self, other: Frequencies) -> None:
        """Add the counts of another part of the data."""
        self._total += other._total
        if self._hashes is None and other._hashes is None:
            self._add(other._counts.items())
            return
        if self._hashes is None:
            self._overflow()
        for text, count in other._counts.items():
            if text in self._counts or other._hashes is not None:
                self._counts[text] = self._counts.get(text, 0) + count
        if other._hashes is not None:
            self._hashes = _smallest(self._hashes, other._hashes)
        else:
            self._remember(other._counts)
        self._keep_frequent()

    def _add(self, counts: Iterable[tuple[str, int]]) -> None:
        for text, count in counts:
            self._counts[text] = self._counts.get(text, 0) + count
        if len(self._counts) > MOST_VALUES:
            self._overflow()

    def _overflow(self) -> None:
        self._hashes = np.empty(0, dtype=np.uint64)
        self._remember(self._counts)
        self._keep_frequent()

    def _keep_frequent(self) -> None:
        frequent = list(self.counts.items())[:KEPT_VALUES]
        self._counts = dict(frequent) | {text: self._counts.get(text, 0) for text in self.tracked}

    def _remember(self, texts: Iterable[str]) -> None:
        hashes = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") for text in texts]
        self._hashes = _smallest(self._hashes, np.array(hashes, dtype=np.uint64))


def _smallest(first: NDArray[np.uint64] | None, second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    joined = second if first is None else np.concatenate((first, second))
    return np.unique(joined)[:_HASHES]

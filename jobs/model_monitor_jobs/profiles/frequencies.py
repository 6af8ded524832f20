"""How often each value occurs, bounded in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.distinct import DistinctValues
from model_monitor_jobs.profiles.hashes import Hashes, hash_numbers, hash_texts, text_bytes
from model_monitor_jobs.profiles.text_types import classify

MOST_VALUES: Final = 10_000
KEPT_VALUES: Final = 1_000
MOST_BYTES: Final = 1 << 19
"""The most bytes of text that a column keeps."""

Counts = NDArray[np.int64]
_NO_TEXTS: Final = pa.nulls(0, pa.large_string())


@dataclass
class Tally:
    """Distinct texts and how often each was seen; `missed` is by how much that may be too few."""

    texts: pa.Array = field(default_factory=lambda: _NO_TEXTS)
    seen: Counts = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    missed: Counts = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def take(self, places: NDArray[np.int64]) -> Tally:
        """Some of the texts."""
        return Tally(self.texts.take(pa.array(places)), self.seen[places], self.missed[places])

    def ordered(self) -> NDArray[np.int64]:
        """Places of the texts, those that may be most frequent first, then by text."""
        keys = pa.table({"most": self.seen + self.missed, "text": self.texts})
        order = pc.sort_indices(keys, sort_keys=[("most", "descending"), ("text", "ascending")])
        return np.asarray(order.to_numpy(), dtype=np.int64)


class Frequencies:
    """Counts of texts.

    Exact up to 10,000 distinct texts and 512 KiB of them. Beyond that the 1,000 that may be most frequent are kept,
    each with its count since it was last taken up; a text that is not kept occurs at most `unlisted` times, which is no
    more than 1/1,001 of all while the kept ones fit into 512 KiB (Metwally et al. 2005; merging: Agarwal et al. 2012).
    `tracked` values are counted exactly, always.
    """

    def __init__(self, tracked: Sequence[str] = ()) -> None:
        self.tracked = tuple(tracked)
        self.tracked_seen = np.zeros(len(self.tracked), dtype=np.int64)
        self.total = 0
        """How many values were counted in all."""
        self.unlisted = 0
        self.hashed: DistinctValues | None = None
        """Of all values, once they are too many to be kept: numbers by value, other texts by their bytes."""
        self._kept = Tally()
        self._pending: list[tuple[pa.Array, Counts]] = []
        self._pending_values = 0
        self._pending_bytes = 0
        self._lookup = pa.array(self.tracked, type=pa.large_string())

    @classmethod
    def restored(
        cls, tracked: Sequence[str], tracked_seen: Counts, total: int, unlisted: int, hashes: Hashes | None, kept: Tally
    ) -> Frequencies:
        """Counts that were put away, which go on as if they never had been."""
        made = cls(tracked)
        made.tracked_seen, made.total, made.unlisted = tracked_seen, total, unlisted
        made.hashed = None if hashes is None else DistinctValues(hashes)
        made._kept = kept
        return made

    @property
    def exact(self) -> bool:
        """Whether every value is still counted."""
        self._settle()
        return self.hashed is None

    @property
    def kept(self) -> Tally:
        """The texts that are kept, in one order whatever the order in which they came."""
        self._settle()
        return self._kept.take(self._kept.ordered())

    @property
    def counts(self) -> Mapping[str, int]:
        """Count of each value that is kept or tracked and was seen, most frequent first, then by text."""
        self._settle()
        counts = dict(zip(self._kept.texts.to_pylist(), self._kept.seen.tolist(), strict=True))
        counts |= dict(zip(self.tracked, self.tracked_seen.tolist(), strict=True))
        seen = (item for item in counts.items() if item[1])
        return dict(sorted(seen, key=lambda item: (-item[1], item[0])))

    @property
    def distinct(self) -> int:
        """Number of distinct values: of numbers where all are numbers, else of texts.

        Exact while `exact`, else an estimate with a relative standard error of 1.6 %, in which texts of the same number
        are one value.
        """
        self._settle()
        if self.hashed is not None:
            return self.hashed.estimate
        numbers = classify(self._kept.texts).numbers
        return len(numbers) if np.isnan(numbers).any() else len(np.unique(numbers))

    def tracked_counts(self) -> Counts:
        """How often each tracked value occurs, exactly, in their order."""
        return self.tracked_seen.copy()

    def add(self, texts: pa.Array, counts: Counts, numbers: NDArray[np.float64] | None = None) -> None:
        """Add distinct texts, an Arrow string array without nulls, and how often each occurs.

        `numbers` are the values of those that are numbers, NaN for the others, where they are known.
        """
        if not len(texts):
            return
        texts = pc.cast(texts, pa.large_string())
        self.total += int(counts.sum())
        self._track(texts, counts)
        if self.hashed is not None:
            self.hashed.update(_identities(texts, numbers))
            self._add_frequent(texts, counts)
            return
        self._put_off(texts, counts)
        if self._pending_values > 2 * MOST_VALUES or self._pending_bytes > 2 * MOST_BYTES:
            self._settle()

    def add_numbers(self, distinct: NDArray[np.float64], total: int, most: int) -> None:
        """Add numbers too many to be kept as texts: `total` in all, none of them more than `most` times."""
        self._settle()
        self.total += total
        self._hash_kept()
        assert self.hashed is not None
        self.hashed.update(hash_numbers(distinct))
        self.unlisted += most
        if len(self._kept.texts):
            self._kept.missed = self._kept.missed + most
            self._keep_frequent()

    def update(self, values: pa.Array) -> None:
        """Count the values of an Arrow string array without nulls."""
        tally = pc.value_counts(values)
        self.add(tally.field("values"), tally.field("counts").to_numpy())

    def merge(self, other: Frequencies) -> None:
        """Add the counts of another part of the data, with the same tracked values; uses it up."""
        self.total += other.total
        self.tracked_seen = self.tracked_seen + other.tracked_seen
        if self._add_few(other):
            return
        self._settle()
        other._settle()
        if other.hashed is not None:
            self._hash_kept()
            assert self.hashed is not None
            self.hashed.merge(other.hashed)
        elif self.hashed is not None:
            self.hashed.update(_identities(other._kept.texts))
        if len(self._kept.texts) or len(other._kept.texts):
            self._combine(other._kept, other.unlisted)
        else:
            self.unlisted += other.unlisted

    def _add_few(self, other: Frequencies) -> bool:
        """Leave the adding up for later while all texts of both can be kept for certain.

        So what is kept in the end does not depend on when counts are added up.
        """
        if self.hashed is not None or other.hashed is not None:
            return False
        values = self._pending_values + other._pending_values + len(self._kept.texts) + len(other._kept.texts)
        if values > MOST_VALUES:
            return False
        size = self._pending_bytes + other._pending_bytes + text_size(self._kept.texts) + text_size(other._kept.texts)
        if size > MOST_BYTES:
            return False
        for texts, counts in ((other._kept.texts, other._kept.seen), *other._pending):
            self._put_off(texts, counts)
        return True

    def _put_off(self, texts: pa.Array, counts: Counts) -> None:
        if len(texts):
            self._pending.append((texts, counts))
            self._pending_values += len(texts)
            self._pending_bytes += text_size(texts)

    def _settle(self) -> None:
        """Take up what is pending."""
        if self._pending:
            texts = pa.concat_arrays([texts for texts, _ in self._pending])
            counts = np.concatenate([counts for _, counts in self._pending])
            self._pending, self._pending_values, self._pending_bytes = [], 0, 0
            self._combine(Tally(texts, counts, np.zeros_like(counts)), 0)

    def _add_frequent(self, texts: pa.Array, counts: Counts) -> None:
        """Add those texts that are kept already, and those of the others that may be frequent."""
        least = 0
        if len(texts) > KEPT_VALUES:
            known = np.asarray(pc.is_in(texts, value_set=self._kept.texts).to_numpy(zero_copy_only=False))
            others = counts[~known]
            if len(others) > KEPT_VALUES:
                least = int(np.partition(others, len(others) - KEPT_VALUES - 1)[len(others) - KEPT_VALUES - 1])
                chosen = known | (counts > least)
                texts, counts = texts.filter(pa.array(chosen)), counts[chosen]
        self._combine(Tally(texts, counts, np.zeros_like(counts)), least, all_kept=True)

    def _combine(self, other: Tally, unlisted: int, *, all_kept: bool = False) -> None:
        """Add a tally in which a text that is not listed occurs at most `unlisted` times, or never if it is kept here
        and the tally was asked for `all_kept` texts."""
        own = len(self._kept.texts)
        encoded = pa.concat_arrays([self._kept.texts, other.texts]).dictionary_encode()
        places, count = encoded.indices.to_numpy(), len(encoded.dictionary)
        missed = _sums(places, np.concatenate((self._kept.missed, other.missed)), count)
        if self.unlisted or unlisted:
            here, there = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
            here[places[:own]] = True
            there[places if all_kept else places[own:]] = True
            missed += self.unlisted * ~here + unlisted * ~there
        seen = _sums(places, np.concatenate((self._kept.seen, other.seen)), count)
        self._kept = Tally(encoded.dictionary, seen, missed)
        self.unlisted += unlisted
        if self.hashed is None and (count > MOST_VALUES or text_size(encoded.dictionary) > MOST_BYTES):
            self._hash_kept()
        if self.hashed is not None:
            self._keep_frequent()

    def _hash_kept(self) -> None:
        """Count distinct values by their hashes from here on."""
        if self.hashed is None:
            self.hashed = DistinctValues()
            if len(self._kept.texts):
                self.hashed.update(_identities(self._kept.texts))

    def _keep_frequent(self) -> None:
        """Let go of what is not among the 1,000 most frequent, of what does not fit, and of what tells nothing."""
        ordered = self._kept.take(self._kept.ordered())
        most = ordered.seen + ordered.missed
        lengths = pc.binary_length(ordered.texts).to_numpy()
        fitting = min(KEPT_VALUES, int(np.searchsorted(np.cumsum(lengths), MOST_BYTES, side="right")))
        if fitting < len(most):
            self.unlisted = max(self.unlisted, int(most[fitting]))
        self._kept = ordered.take(np.flatnonzero(most > self.unlisted))

    def _track(self, texts: pa.Array, counts: Counts) -> None:
        if self.tracked:
            places = pc.index_in(texts, value_set=self._lookup)
            found = np.asarray(places.is_valid().to_numpy(zero_copy_only=False))
            self.tracked_seen[places.drop_null().to_numpy()] += counts[found]


def text_size(texts: pa.Array) -> int:
    """Bytes of all texts of a large string array."""
    return int(text_bytes(texts)[0][-1])


def _sums(places: NDArray[np.int32], amounts: Counts, count: int) -> Counts:
    """Sums of the amounts at each place; exact below 2^53."""
    return np.bincount(places, weights=amounts, minlength=count).astype(np.int64)


def _identities(texts: pa.Array, numbers: NDArray[np.float64] | None = None) -> Hashes:
    """Hashes of values: numeric texts by their number, all others by their bytes."""
    hashes = hash_texts(texts)
    numbers = classify(texts).numbers if numbers is None else numbers
    finite = np.isfinite(numbers)
    if finite.any():
        hashes[finite] = hash_numbers(numbers[finite])
    return hashes

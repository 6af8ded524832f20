"""Generated tables: the same bytes for the same size, written once into the cache folder.

Numbers are rounded to four decimals, a twentieth of the fractional ones is missing, and words follow a power law.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.profiles.cache import cache_root, check_space

GENERATOR = 1
"""Raised when the generated values change."""
SEED = 20130208
MISSING_SHARE = 0.05
DISTINCT_WORDS = (5, 50, 500, 5000)
BYTES_PER_CELL = 12
"""Never less than what a cell takes on disk."""
Format = Literal["CSV", "Parquet"]


@dataclass(frozen=True)
class Shape:
    """How many rows, and columns of each kind."""

    rows: int
    fractional: int = 12
    whole: int = 4
    words: int = 4

    @property
    def columns(self) -> int:
        return self.fractional + self.whole + self.words

    @property
    def chunk_rows(self) -> int:
        """Rows generated at once."""
        return max(1, min(1_000_000, 20_000_000 // self.columns))


def column_names(shape: Shape) -> list[str]:
    """Fractional numbers, whole numbers, words."""
    kinds = (("amount", shape.fractional), ("count", shape.whole), ("word", shape.words))
    return [f"{kind}_{place:02d}" for kind, number in kinds for place in range(number)]


def table(shape: Shape, rows: int, stream: int) -> pa.Table:
    """So many rows; `stream` picks the random numbers."""
    random = np.random.default_rng([SEED, stream])
    columns: list[pa.Array] = []
    for place in range(shape.fractional):
        missing = random.random(rows, dtype=np.float32) < MISSING_SHARE
        columns.append(pa.array(np.round(_fractional(random, rows, place), 4), mask=missing))
    for place in range(shape.whole):
        columns.append(pa.array(random.integers(0, 10 ** (2 + place % 4), rows)))
    for place in range(shape.words):
        columns.append(_words(random, rows, DISTINCT_WORDS[place % len(DISTINCT_WORDS)]))
    return pa.Table.from_arrays(columns, names=column_names(shape))


def write_table(shape: Shape, format: Format, seed_stream: int = 0) -> Path:
    """The path of one file with this table, generated where it is not there yet."""
    suffix = format.lower()
    folder = cache_root() / "data"
    path = folder / f"table-{shape.rows}x{shape.columns}-{seed_stream}-v{GENERATOR}.{suffix}"
    if path.exists():
        return path
    check_space(folder, shape.rows * shape.columns * BYTES_PER_CELL)
    temporary = path.with_suffix(f".{os.getpid()}")
    schema = table(shape, 1, 0).schema
    try:
        if format == "CSV":
            _write_csv(shape, temporary, seed_stream)
        else:
            with pyarrow.parquet.ParquetWriter(temporary, schema) as writer:
                for number, rows in enumerate(_chunks(shape)):
                    writer.write_table(table(shape, rows, 1000 * seed_stream + number))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def repeated(path: Path, times: int) -> Path:
    """A folder with the same file so many times, which takes no further space."""
    folder = path.with_name(f"{path.stem}-times-{times}")
    folder.mkdir(exist_ok=True)
    for number in range(times):
        link_or_copy(path, folder / f"part-{number}{path.suffix}")
    return folder


def link_or_copy(source: Path, target: Path) -> None:
    """Put the file's content at another path, without taking space where the file system allows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_csv(shape: Shape, path: Path, seed_stream: int) -> None:
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as sink:
        sink.write((",".join(column_names(shape)) + "\n").encode())
        for number, rows in enumerate(_chunks(shape)):
            pyarrow.csv.write_csv(table(shape, rows, 1000 * seed_stream + number), sink, options)


def _chunks(shape: Shape) -> list[int]:
    whole, rest = divmod(shape.rows, shape.chunk_rows)
    return [shape.chunk_rows] * whole + ([rest] if rest else [])


def _fractional(random: np.random.Generator, rows: int, place: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if place % 3 == 0:
        return random.normal(100.0 * place, 1.0 + place, rows)
    if place % 3 == 1:
        return random.lognormal(0.0, 1.0, rows)
    return random.exponential(10.0, rows)


def _words(random: np.random.Generator, rows: int, distinct: int) -> pa.Array:
    # A continuous power law, cut: the first words are frequent, the last are rare, none is alone.
    places = (distinct * random.random(rows) ** 2).astype(np.int32)
    names = pa.array([f"word{place:04d}" for place in range(distinct)])
    return pa.DictionaryArray.from_arrays(pa.array(places), names).cast(pa.string())

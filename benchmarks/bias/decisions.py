"""Generated decisions about people: three facets, ten strata, six numbers besides, an answer and a label."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.profiles.cache import cache_root, check_space
from benchmarks.profiles.tables import GENERATOR

GROUP: Final = "state"
FACETS: Final[Mapping[str, Sequence[dict[str, Any]]]] = {
    "texts": (
        {"name": "sex", "values": ["F"]},
        {"name": "age", "threshold": 60},
        {"name": "origin", "values": ["abroad"]},
    ),
    "numbers": (
        {"name": "sex", "values": ["1"]},
        {"name": "age", "threshold": 60},
        {"name": "origin", "values": ["1"]},
    ),
}
"""Of data whose groups are texts, and of data whose groups are numbers, as the flip test needs them."""
_NUMBERS: Final = 6
_STATES: Final = 10
_BYTES_PER_ROW: Final = 100


def write_decisions(rows: int, kind: str) -> Path:
    """The Parquet file with so many rows, made where it is not there yet."""
    path = cache_root() / "data" / f"decisions-{rows}-{kind}-v{GENERATOR}.parquet"
    if path.exists():
        return path
    check_space(path.parent, rows * _BYTES_PER_ROW)
    random = np.random.default_rng(20_220_711)
    sex, origin = random.random(rows) < 0.5, random.random(rows) < 0.1
    age, state = random.integers(18, 90, rows), random.integers(0, _STATES, rows)
    numbers = random.normal(size=(_NUMBERS, rows))
    merit = numbers[:3].sum(axis=0) - 0.3 * origin
    approved = merit + random.normal(size=rows) - 0.2 * sex > 0
    repaid = merit + random.normal(size=rows) > -0.5
    texts = kind == "texts"
    columns = {
        "sex": np.where(sex, "F", "M") if texts else sex.astype(np.int64),
        "age": age,
        "origin": np.where(origin, "abroad", "here") if texts else origin.astype(np.int64),
        GROUP: np.char.add("state ", state.astype(str)) if texts else state,
        **{f"number {place}": values.round(4) for place, values in enumerate(numbers)},
        "approved": approved.astype(np.int64),
        "repaid": repaid.astype(np.int64),
    }
    temporary = path.with_suffix(f".{os.getpid()}")
    pq.write_table(pa.table(columns), temporary, row_group_size=100_000)
    temporary.replace(path)
    return path

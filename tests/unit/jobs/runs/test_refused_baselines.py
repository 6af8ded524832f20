"""Datasets and settings that no baseline can be made of: the error says what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.storage import Storage

ROWS = 5_000


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        ({"columns": {"segments": ["id"]}}, ConfigurationError, "spec.columns.segments: 'id' has too many"),
        ({"columns": {"segments": ["empty"]}}, ConfigurationError, "spec.columns.segments: 'empty' has no value"),
        ({"columns": {"timestamp": "word"}}, InputError, "no row has a time in 'word' that can be read; write times"),
        ({"timeZone": "Mars/Phobos"}, ConfigurationError, "spec.timeZone: .*'Mars/Phobos' is not in the IANA database"),
    ],
)
def test_what_can_not_work_is_refused(
    tmp_path: Path, edit: dict[str, Any], error: type[Exception], message: str
) -> None:
    columns = {
        "id": pa.array([number + 0.5 for number in range(ROWS)]),
        "empty": pa.nulls(ROWS, pa.float64()),
        "word": pa.array(["soon"] * ROWS),
    }
    pq.write_table(pa.table(columns), tmp_path / "training.parquet")
    spec = {
        "dataset": {"uri": "pvc://data/training.parquet", "format": "Parquet"},
        "output": {"uri": "pvc://data/base"},
    }
    with pytest.raises(error, match=message):
        make_baseline(BaselineSpec.model_validate(spec | edit), Storage({"pvc://data": tmp_path}))
    assert not (tmp_path / "base").exists()

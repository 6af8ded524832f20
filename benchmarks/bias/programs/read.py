"""Reading of all columns by Arrow: the argument is the Parquet file."""

from __future__ import annotations

import sys

import pyarrow.parquet as pq

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work() as details:
        details["rows"] = pq.read_table(sys.argv[1]).num_rows

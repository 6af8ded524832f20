"""Floor for Parquet: DuckDB decodes and hashes every value."""

from __future__ import annotations

import sys

import duckdb

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work():
        print(duckdb.execute(f"select max(hash(columns(*))) from read_parquet({sys.argv[1:]})").fetchall())

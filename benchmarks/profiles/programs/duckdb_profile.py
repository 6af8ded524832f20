"""DuckDB's own statistics of every column, in one SQL statement."""

from __future__ import annotations

import sys

import duckdb

from benchmarks.profiles.programs.work import work


def statistics(name: str, kind: str) -> list[str]:
    """The aggregates of one column."""
    column = f'"{name}"'
    found = [f"count({column})", f"approx_count_distinct({column})"]
    if kind == "VARCHAR":
        return [*found, f"approx_top_k({column}, 100)"]
    quantiles = [round(step / 100, 2) for step in range(1, 100)]
    moments = [f"{function}({column})" for function in ("min", "max", "avg", "stddev_pop")]
    return [*found, *moments, f"approx_quantile({column}, {quantiles})"]


if __name__ == "__main__":
    with work():
        reader = "read_parquet" if sys.argv[1] == "Parquet" else "read_csv"
        source = f"{reader}({sys.argv[2:]})"
        described = duckdb.execute(f"describe select * from {source}").fetchall()
        selected = [text for name, kind, *_ in described for text in statistics(name, kind)]
        print(len(duckdb.execute(f"select {', '.join(selected)} from {source}").fetchall()[0]))

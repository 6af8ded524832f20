"""Floor for CSV: Polars reads everything as a stream and counts each column's values."""

from __future__ import annotations

import sys

import polars

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work():
        table = polars.scan_csv(sys.argv[1:]).select(polars.all().count())
        print(table.collect(engine="streaming").shape)

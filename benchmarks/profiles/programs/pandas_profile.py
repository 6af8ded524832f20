"""pandas: the whole table in memory, described, with bins and counts of values."""

from __future__ import annotations

import sys

import numpy
import pandas

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work():
        read = pandas.read_parquet if sys.argv[1] == "Parquet" else pandas.read_csv
        table = pandas.concat([read(path) for path in sys.argv[2:]])
        described = table.describe(include="all", percentiles=[step / 100 for step in range(1, 100)])
        numbers = table.select_dtypes("number")
        bins = {name: numpy.histogram(numbers[name].dropna(), 10) for name in numbers.columns}
        values = {name: table[name].value_counts() for name in table.columns.difference(numbers.columns)}
        print(described.shape, len(bins), len(values))

"""whylogs: its default profile of a pandas table."""

from __future__ import annotations

import sys

import pandas
import whylogs

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work():
        table = pandas.concat([pandas.read_csv(path) for path in sys.argv[2:]])
        print(whylogs.log(table).view().to_pandas().shape)

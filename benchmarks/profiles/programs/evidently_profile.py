"""Evidently: its data summary of a pandas table."""

from __future__ import annotations

import sys

import pandas
from evidently import Dataset, Report
from evidently.presets import DataSummaryPreset

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work():
        table = pandas.concat([pandas.read_csv(path) for path in sys.argv[2:]])
        result = Report([DataSummaryPreset()]).run(Dataset.from_pandas(table), None)
        print(len(result.json()))

"""Spark: approximate statistics of every column and counts of values, on two cores of this machine."""

from __future__ import annotations

import os
import sys

from benchmarks.profiles.programs.work import work

if __name__ == "__main__":
    with work():
        from pyspark.sql import SparkSession
        from pyspark.sql import functions as sql

        cores = len(os.sched_getaffinity(0))
        session = (
            SparkSession.builder.master(f"local[{cores}]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.memory", "3g")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", str(cores))
            .getOrCreate()
        )
        if sys.argv[1] == "Parquet":
            table = session.read.parquet(*sys.argv[2:])
        else:
            table = session.read.csv(sys.argv[2:], header=True, inferSchema=True)
        quantiles = [step / 100 for step in range(1, 100)]
        wanted = []
        for name, kind in table.dtypes:
            wanted += [sql.count(name), sql.approx_count_distinct(name)]
            if kind != "string":
                wanted += [sql.min(name), sql.max(name), sql.avg(name), sql.stddev_pop(name)]
                wanted += [sql.percentile_approx(name, quantiles)]
        print(len(table.agg(*wanted).collect()[0]))
        for name, kind in table.dtypes:
            if kind == "string":
                print(name, len(table.groupBy(name).count().orderBy(sql.desc("count")).limit(100).collect()))
    session.stop()

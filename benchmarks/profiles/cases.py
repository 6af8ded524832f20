"""The cases: which programs are put side by side, on what data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.profiles.captures import START, Traffic, write_traffic
from benchmarks.profiles.plan import Case, Program
from benchmarks.profiles.setting import HOUR, Setting
from benchmarks.profiles.tables import Format, Shape, repeated

NO_STATE = "no state that can be merged with another part's"
_PROGRAMS = "benchmarks.profiles.programs"


def csv(setting: Setting) -> Case:
    """The table as CSV."""
    return _table_case(setting, "csv", "CSV", setting.scale.rows, (_duckdb, _pandas), with_sagemaker=True)


def parquet(setting: Setting) -> Case:
    """The table as Parquet."""
    peers = (_duckdb, _pandas, _spark) if setting.scale.spark_on_all_rows else (_duckdb, _pandas)
    return _table_case(setting, "parquet", "Parquet", setting.scale.rows, peers, with_sagemaker=False)


def peers(setting: Setting) -> Case:
    """A table small enough for all other libraries."""
    every = (_duckdb, _pandas, _whylogs, _evidently, _spark)
    return _table_case(setting, "peers", "CSV", setting.scale.peer_rows, every, with_sagemaker=True)


def captured(setting: Setting) -> Case:
    """A day of captured traffic."""
    traffic, folder = setting.traffic()
    shape = Shape(1)
    split = (str(shape.fractional - 1 + shape.whole), str(shape.words), f"{folder}/**/*.jsonl")
    floor = Program(
        "floor",
        "DuckDB: read and split",
        "floor",
        ("-m", f"{_PROGRAMS}.duckdb_split", *split),
        "duckdb",
        missing="no profile: the largest value of each column",
    )
    ours = _captured_run(setting, "ours", "Model Monitor: profile and judge", str(folder), traffic)
    return Case(
        "captured",
        f"Captured records, JSON Lines, {traffic.records:,}",
        traffic.records,
        shape.columns,
        (folder,),
        (floor, ours),
        setting.scale.rounds,
    )


def wide(setting: Setting) -> Case:
    """Many columns."""
    path = setting.wide_table()
    judged = _check(setting, "ours", "Model Monitor: profile and judge", path, setting.wide_baseline)
    rows = setting.scale.wide_rows
    return Case("wide", f"CSV, {rows:,} rows × 2,000 columns", rows, 2000, (path,), (_polars(path), judged), 1)


def memory(setting: Setting) -> Case:
    """Few and many rows."""
    few, many = setting.scale.peer_rows, setting.scale.rows * setting.scale.copies
    programs, files = [], []
    for format in ("CSV", "Parquet"):
        files += [setting.table(format, few), setting.table(format, setting.scale.rows)]
        folder = repeated(files[-1], setting.scale.copies)
        for name, path, rows in (("few", files[-2], few), ("many", folder, many)):
            programs.append(
                _check(
                    setting,
                    f"{format.lower()}-{name}",
                    f"Model Monitor: {format}, {rows:,} rows",
                    path,
                    setting.baseline,
                    "--format",
                    format,
                )
            )
    return Case("memory", f"Memory at {few:,} and {many:,} rows", many, 20, tuple(files), tuple(programs), 1)


def hour(setting: Setting) -> Case:
    """One hour of traffic, from the start of the process to the report."""
    folder = write_traffic(HOUR)
    ours = _captured_run(setting, "ours", "Model Monitor: one hour", str(folder), HOUR)
    title = f"One hour of {HOUR.records:,} records"
    return Case("hour", title, HOUR.records, 20, (folder,), (ours,), setting.scale.rounds)


def s3_csv(setting: Setting) -> Case:
    """The table from local files and from an S3 server on the same machine."""
    path = setting.table("CSV", setting.scale.rows)
    local = _check(setting, "local", "Model Monitor: local file", path, setting.baseline)
    remote = _check(
        setting,
        "s3",
        "Model Monitor: S3 server",
        setting.stored(path),
        setting.baseline,
        variables=setting.store.environment(),
    )
    rows = setting.scale.rows
    title = f"CSV from an S3 server, {rows:,} rows × 20 columns"
    return Case("s3-csv", title, rows, 20, (path,), (local, remote), setting.scale.rounds)


def s3_captured(setting: Setting) -> Case:
    """Captured traffic from local files and from an S3 server on the same machine."""
    traffic, folder = setting.traffic()
    local = _captured_run(setting, "local", "Model Monitor: local files", str(folder), traffic)
    remote = _captured_run(
        setting,
        "s3",
        "Model Monitor: S3 server",
        setting.stored(folder),
        traffic,
        variables=setting.store.environment(),
    )
    title = f"Captured records from an S3 server, {traffic.records:,}"
    return Case("s3-captured", title, traffic.records, 20, (folder,), (local, remote), setting.scale.rounds)


def dask(setting: Setting) -> Case:
    """The same profile in one process and on a Dask cluster on this machine."""
    rows = setting.scale.rows
    path = setting.table("CSV", rows)
    module = f"{_PROGRAMS}.engine_run"
    programs = tuple(
        Program(
            engine.lower(), f"Model Monitor: engine {engine}", "ours", ("-m", module, engine, "CSV", f"file://{path}")
        )
        for engine in ("Local", "Dask")
    )
    title = f"Engines, CSV, {rows:,} rows × 20 columns"
    return Case("dask", title, rows, 20, (path,), programs, setting.scale.rounds)


def scaling(setting: Setting) -> Case:
    """What one worker takes for each part, and the merge."""
    rows = setting.scale.rows
    path = setting.table("CSV", rows)
    run = ("-m", f"{_PROGRAMS}.partition_costs", "CSV", f"file://{path}")
    program = Program("parts", "Model Monitor: one thread, part by part", "ours", run)
    title = f"Scaling, CSV, {rows:,} rows × 20 columns"
    return Case("scaling", title, rows, 20, (path,), (program,), min(2, setting.scale.rounds))


CASES: Mapping[str, Callable[[Setting], Case]] = {
    "captured": captured,
    "csv": csv,
    "parquet": parquet,
    "peers": peers,
    "wide": wide,
    "memory": memory,
    "hour": hour,
    "s3-csv": s3_csv,
    "s3-captured": s3_captured,
    "dask": dask,
    "scaling": scaling,
}


def _table_case(
    setting: Setting,
    name: str,
    format: Format,
    rows: int,
    others: tuple[Callable[[Format, Path], Program], ...],
    *,
    with_sagemaker: bool,
) -> Case:
    path = setting.table(format, rows)
    programs = [_polars(path) if format == "CSV" else _duckdb_hash(path)]
    programs.append(_check(setting, "ours", "Model Monitor: profile and judge", path, setting.baseline))
    if with_sagemaker:
        title = "Model Monitor: compatibility SageMaker"
        options = ("--compatibility", "SageMaker")
        programs.append(_check(setting, "sagemaker", title, path, setting.baseline, *options))
    made = ("baseline", str(path), "--output", setting.output(f"{name}-baseline"))
    programs.append(Program("baseline", "Model Monitor: make a baseline", "ours", made))
    if setting.scale.peers:
        programs += [other(format, path) for other in others]
    title = f"{format}, {rows:,} rows × 20 columns"
    return Case(name, title, rows, 20, (path,), tuple(programs), setting.scale.rounds)


def _check(
    setting: Setting,
    name: str,
    title: str,
    dataset: Path | str,
    baseline: Path,
    *options: str,
    variables: Mapping[str, str] | None = None,
) -> Program:
    output = setting.output(f"{name}-check")
    arguments = ("check", str(dataset), "--baseline", str(baseline), "--output", output, *options)
    return Program(name, title, "ours", arguments, variables=variables or {})


def _captured_run(
    setting: Setting, name: str, title: str, uri: str, traffic: Traffic, variables: Mapping[str, str] | None = None
) -> Program:
    arguments = (
        "-m",
        f"{_PROGRAMS}.capture_run",
        uri if "://" in uri else f"file://{uri}",
        str(setting.baseline),
        f"file://{setting.output(f'{name}-captured')}",
        f"{START:%Y-%m-%dT%H:%M:%SZ}",
        f"{traffic.end:%Y-%m-%dT%H:%M:%SZ}",
    )
    return Program(name, title, "ours", arguments, variables=variables or {})


def _module(
    name: str, title: str, module: str, environment: str, arguments: tuple[str, ...], missing: str, rounds: int = 1
) -> Program:
    run = ("-m", f"{_PROGRAMS}.{module}", *arguments)
    return Program(name, title, "peer", run, environment, rounds, missing)


def _polars(path: Path) -> Program:
    missing = "no profile: counts of values"
    run = ("-m", f"{_PROGRAMS}.polars_count", str(path))
    return Program("floor", "Polars: streaming count", "floor", run, "polars", missing=missing)


def _duckdb_hash(path: Path) -> Program:
    run = ("-m", f"{_PROGRAMS}.duckdb_hash", str(path))
    return Program("floor", "DuckDB: hash all values", "floor", run, "duckdb", missing="no profile: hashes")


def _duckdb(format: Format, path: Path) -> Program:
    missing = f"no bins, no types of values; {NO_STATE}"
    return _module("duckdb", "DuckDB: SQL", "duckdb_profile", "duckdb", (format, str(path)), missing)


def _pandas(format: Format, path: Path) -> Program:
    missing = f"the whole table in memory; no types of values; {NO_STATE}"
    return _module("pandas", "pandas: describe", "pandas_profile", "pandas", (format, str(path)), missing)


def _whylogs(format: Format, path: Path) -> Program:
    missing = "the whole table in memory; no judgement"
    return _module("whylogs", "whylogs: log", "whylogs_profile", "whylogs", (format, str(path)), missing)


def _evidently(format: Format, path: Path) -> Program:
    missing = f"the whole table in memory; {NO_STATE}"
    return _module("evidently", "Evidently: summary", "evidently_profile", "evidently", (format, str(path)), missing)


def _spark(format: Format, path: Path) -> Program:
    missing = f"no bins, no types of values; {NO_STATE}; reads several times"
    return _module("spark", "Spark: local", "spark_profile", "spark", (format, str(path)), missing)

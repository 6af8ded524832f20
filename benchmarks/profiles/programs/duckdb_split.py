"""Floor for captured records: DuckDB reads the lines and splits both payloads into typed values."""

from __future__ import annotations

import sys

import duckdb

from benchmarks.profiles.programs.work import work


def query(numbers: int, texts: int, pattern: str) -> str:
    """The largest value of every column: `numbers` numeric values first, then `texts` others."""
    payload = "struct(observedContentType varchar, mode varchar, data varchar, encoding varchar)"
    # All fields are named, although two are used: with fewer, DuckDB 2.0 takes ten times as long over several files.
    columns = (
        f"{{captureData: 'struct(endpointInput {payload}, endpointOutput {payload})', "
        "eventMetadata: 'struct(eventId varchar, inferenceTime varchar)', eventVersion: 'varchar'}"
    )
    values = [f"max(try_cast(cells[{place + 1}] as double))" for place in range(numbers)]
    values += [f"max(cells[{place + 1}])" for place in range(numbers, numbers + texts)]
    return (
        f"select max(try_cast(answer as double)), {', '.join(values)} from (select "
        "string_split(captureData.endpointInput.data, ',') as cells, captureData.endpointOutput.data as answer "
        f"from read_json('{pattern}', format = 'newline_delimited', columns = {columns}))"
    )


if __name__ == "__main__":
    with work():
        print(duckdb.execute(query(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])).fetchall())

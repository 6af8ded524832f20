"""What a record preprocessor costs: `python -m benchmarks.record_preprocessor`.

Reads the same captured traffic with and without Amazon's own example of a script, in turns, and writes the figures in
docs/scripts.md. Processor time is that of this process and of the script's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from typing import Any

from benchmarks.profiles.captures import START, Traffic, write_traffic
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put
from model_monitor_crds.window import Window
from model_monitor_jobs.scripts.process import Script
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.storage import Storage

RESULTS = ROOT / "benchmarks" / "results" / "record_preprocessor.json"
DOCUMENT = ROOT / "docs" / "scripts.md"
EXAMPLE = b"""
def preprocess_handler(inference_record):
    input_data = inference_record.endpoint_input.data
    output_data = inference_record.endpoint_output.data.rstrip("\\n")
    data = output_data + "," + input_data
    return {str(i).zfill(20): d for i, d in enumerate(data.split(","))}
"""


def measure(records: int, rounds: int) -> dict[str, Any]:
    """Seconds of each round, by the clock and of processor time, with and without the script."""
    traffic = Traffic(records, 1)
    uri, window = f"file://{write_traffic(traffic)}", Window(START, traffic.end)
    scripts = {"without": None, "with": Script("preprocess.py", EXAMPLE, 60)}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in scripts}
    columns = 0
    for _ in range(rounds):
        for name, script in scripts.items():
            began, used = time.perf_counter(), _processor_seconds()
            stream = read_capture(Storage(), uri, window, script=script)
            batches = [(batch.num_rows, batch.num_columns) for batch in stream]
            taken[name].append((time.perf_counter() - began, _processor_seconds() - used))
            if sum(rows for rows, _ in batches) != records or stream.report.unreadable:
                sys.exit(f"{name} the script: {stream.report}")
            columns = batches[0][1]
    return {
        "records": records,
        "columns": columns,
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "seconds": taken,
    }


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def table(results: dict[str, Any]) -> str:
    """Records a second, and processor time for each."""
    lines = [
        f"Measured by `make bench-scripts` with {results['records']:,} captured events of {results['columns']} values "
        f"in one file, the preprocessor being Amazon's own example, on {results['cores']} cores with a load average of "
        f"{results['load']}; medians of {len(results['seconds']['with'])} rounds.",
        "",
        "| Preprocessor | Records a second | Processor time for a record |",
        "|---|---|---|",
    ]
    for name in ("with", "without"):
        clock, used = (statistics.median(values) for values in zip(*results["seconds"][name], strict=True))
        records = results["records"]
        lines.append(f"| {name} | {round(records / clock, -3):,.0f} | {used / records * 1e6:.1f} µs |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the results and the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    results = measure(given.records, given.rounds)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    DOCUMENT.write_text(put(DOCUMENT.read_text(), "record-preprocessor", table(results)))
    print(table(results))


if __name__ == "__main__":
    main()

"""Which machine and versions a result belongs to."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.profiles.environments import pinned_versions

OWN_LIBRARIES = ("dask", "duckdb", "numpy", "orjson", "pyarrow", "scipy")
PEERS = {"polars": "polars", "duckdb": "duckdb", "pandas": "pandas", "whylogs": "whylogs", "evidently": "evidently"}


def describe() -> dict[str, Any]:
    """Processor, cores, memory in bytes, kernel, and the versions of all libraries that are measured."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "libraries": {name: version for name in OWN_LIBRARIES if (version := _version(name))},
        "peers": {
            **{name: pinned_versions(pins)[name] for name, pins in PEERS.items()},
            "pyspark": pinned_versions("spark")["pyspark"],
        },
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

"""What a program's work cost without its start: printed as one line of JSON when the work is done."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def work() -> Iterator[dict[str, float | str]]:
    """Count the work inside; further figures may be put into the dictionary."""
    details: dict[str, float | str] = {}
    wall, cpu = time.perf_counter(), tree_cpu_seconds()
    yield details
    costs = {"work_wall_seconds": time.perf_counter() - wall, "work_cpu_seconds": tree_cpu_seconds() - cpu}
    print(json.dumps({**costs, **details}), flush=True)


def tree_cpu_seconds() -> float:
    """User and system time of this process and all below it, living or waited for."""
    own = os.times()
    total = own.user + own.system + own.children_user + own.children_system
    waiting = [os.getpid()]
    while waiting:
        for path in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            try:
                children = [int(child) for child in path.read_text().split()]
                fields = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
            except OSError:
                continue
            total += sum(int(value) for field in fields for value in field[11:15]) / _TICK
            waiting += children
    return total

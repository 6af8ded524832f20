"""Many schedules at once, and how long an operator takes to find them all in order."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import Resources, conditions, schedule

THREADS = 8


def create_schedules(control_plane: ControlPlane, namespace: str, count: int) -> None:
    """Create `flights-0000` and so on, all on the Baseline `flights`."""
    resources = Resources(control_plane, namespace)

    def create(number: int) -> None:
        resources.create(schedule(f"flights-{number:04}", schedule=f"{number % 60} {number % 24} 1 1 *"))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(create, range(count)))


def wait_until_all_are_ready(
    control_plane: ControlPlane, namespace: str, count: int, timeout_seconds: float = 300.0
) -> None:
    """Wait until every schedule is Ready and has its CronJob."""
    resources = Resources(control_plane, namespace)

    def ready() -> bool:
        schedules = resources.all_of("MonitoringSchedule")
        return [conditions(body).get("Ready", {}).get("status") for body in schedules].count("True") == count

    wait_until(ready, f"{count} schedules to be ready", timeout_seconds=timeout_seconds, interval_seconds=2.0)
    assert len(resources.all_of("CronJob")) == count


def seconds_to_settle(operator: OperatorProcess, count: int, timeout_seconds: float = 120.0) -> float:
    """Start the operator; how long until it has looked at every schedule and nothing is due."""
    started = time.monotonic()
    operator.start()

    def settled() -> bool:
        text = operator.http("metrics", operator.metrics_port)[1]
        looked = _value(text, r'model_monitor_reconcile_duration_seconds_count\{kind="MonitoringSchedule"\}')
        return bool(looked >= count and _value(text, "model_monitor_queue_depth") == 0)

    wait_until(settled, "the operator to settle", timeout_seconds=timeout_seconds, interval_seconds=0.1)
    return time.monotonic() - started


def _value(text: str, name: str) -> float:
    found = re.search(rf"^{name} ([0-9.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0

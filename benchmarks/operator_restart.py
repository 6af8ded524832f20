"""How long a restarted operator takes to find many schedules in order: `python -m benchmarks.operator_restart`.

Starts a real control plane. Prints seconds and memory, and fails when the restarted operator writes anything.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.cluster.control_plane import ControlPlane
from tests.integration.operator.fleet import create_schedules, seconds_to_settle, wait_until_all_are_ready
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import Resources

WATCHED_SECONDS = 25.0
"""Longer than until the first resync."""


def main() -> None:
    """Create the schedules, restart the operator, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=2000)
    count = parser.parse_args().schedules
    with ControlPlane() as control_plane:
        operator = OperatorProcess(control_plane)
        control_plane.create_namespace("fleet")
        operator.start()
        Resources(control_plane, "fleet").make_baseline()
        begun = time.monotonic()
        create_schedules(control_plane, "fleet", count)
        created = time.monotonic()
        print(f"{count} MonitoringSchedules created in {created - begun:.1f} s")
        wait_until_all_are_ready(control_plane, "fleet", count, timeout_seconds=1800)
        print(f"all Ready, each with its CronJob, {time.monotonic() - created:.1f} s later")
        operator.kill()
        since = control_plane.audit_position()
        settled = seconds_to_settle(operator, count)
        used = operator.processor_seconds()
        print(
            f"restart: settled in {settled:.1f} s, {used:.1f} s of processor time, "
            f"{operator.memory_mebibytes():.0f} MiB"
        )
        time.sleep(WATCHED_SECONDS)
        writes = control_plane.writes(operator.user, since)
        print(f"writes since the restart: {len(writes)}; memory {operator.memory_mebibytes():.0f} MiB")
        operator.kill()
    if writes:
        sys.exit(f"the restarted operator wrote: {writes[0]['verb']} {writes[0]['requestURI']}")


if __name__ == "__main__":
    main()

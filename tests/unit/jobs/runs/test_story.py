"""The demo's story on real data: silent for a week, and an alarm when a blizzard closes the airports."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from model_monitor_jobs.demo.story import tell


def test_the_monitor_is_silent_for_a_week_and_alerts_in_the_blizzard(tmp_path: Path) -> None:
    console = Console(width=160, record=True, quiet=False, file=(tmp_path / "terminal.txt").open("w"))
    assert tell(tmp_path / "demo", console, lambda: datetime(2013, 2, 20, tzinfo=UTC)) == 0
    violated: dict[str, set[tuple[str, str, bool]]] = {}
    for path in sorted((tmp_path / "demo" / "reports").rglob("execution.json")):
        status = json.loads(path.read_text())["status"]
        violated[status["window"]["start"][:10]] = {
            (found["column"], found["check"], found.get("immediate", False)) for found in status["violations"]
        }
    assert list(violated) == [f"2013-02-{day:02}" for day in range(1, 15)]
    assert all(not violated[f"2013-02-0{day}"] for day in range(1, 8))
    for day in ("2013-02-08", "2013-02-09"):
        assert ("dep_delay", "completeness_check", True) in violated[day]
    shown = console.export_text()
    assert shown.count("ALERT  dep_delay completeness_check: far beyond its limit") == 2
    first_alert = shown.index("ALERT")
    assert shown.index("2013-02-08T05:00Z to") < first_alert < shown.index("2013-02-09T05:00Z to")

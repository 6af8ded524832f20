"""The demo's story on real data: two months, two storms, two alerts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from model_monitor_crds.alert import Check, JudgedWindow, raised_alerts
from model_monitor_jobs.demo.story import tell

Violated = dict[str, set[tuple[str, str, bool]]]


def onsets(violated: Violated) -> list[str]:
    """The days on which an alert begins."""
    history: list[JudgedWindow] = []
    begun, standing = [], False
    for day in sorted(violated):
        found = violated[day]
        checks = frozenset(Check(column, check) for column, check, _ in found)
        at_once = frozenset(Check(column, check) for column, check, immediate in found if immediate)
        history.append(JudgedWindow(checks, at_once))
        raised = bool(raised_alerts(history, 2, 3))
        if raised and not standing:
            begun.append(day)
        standing = raised
    return begun


def test_two_months_are_silent_but_for_two_storms(tmp_path: Path) -> None:
    console = Console(width=160, record=True, quiet=False, file=(tmp_path / "terminal.txt").open("w"))
    assert tell(tmp_path / "demo", console, lambda: datetime(2013, 2, 20, tzinfo=UTC)) == 0
    violated: Violated = {}
    for path in sorted((tmp_path / "demo" / "reports").rglob("execution.json")):
        status = json.loads(path.read_text())["status"]
        violated[status["window"]["start"][:10]] = {
            (found["column"], found["check"], found.get("immediate", False)) for found in status["violations"]
        }
    assert len(violated) == 59
    assert all(not violated[f"2013-02-0{day}"] for day in range(1, 8))
    for day in ("2013-02-08", "2013-02-09"):
        assert violated[day] == {("dep_delay", "completeness_check", True)}
    storms = {"2013-02-08", "2013-02-09", "2013-02-11", "2013-03-06", "2013-03-07", "2013-03-08", "2013-03-25"}
    assert {day for day, found in violated.items() if found} == storms
    shown = console.export_text()
    assert shown.count("ALERT  dep_delay completeness_check: far beyond its limit") == 2
    assert onsets(violated) == ["2013-02-08", "2013-03-07"]
    first_alert = shown.index("ALERT")
    assert shown.index("7 windows") < shown.index("2013-02-08T05:00Z to 2013-02-09") < first_alert

"""What the executions of a schedule say together."""

from __future__ import annotations

from typing import Any

from model_monitor_crds.monitoringschedule import Alert, MonitoringScheduleSpec
from model_monitor_operator.reconcile.history import alerts, beyond_limits, bounded, in_order_of_completion, last_run
from tests.unit.operator.specs import completed, condition

Object = dict[str, Any]
RULE = Alert(datapoints_to_alert=2, evaluation_periods=3)
VIOLATION = {"column": "c", "check": "completeness_check", "description": "d", "immediate": False}


def execution(name: str, status: Object) -> Object:
    return {"metadata": {"name": name, "creationTimestamp": "2026-11-23T00:00:00Z"}, "spec": {}, "status": status}


def run(day: int, *found: Object, completion_day: int | None = None, **more: Any) -> Object:
    at = f"2026-11-{completion_day or day:02}T06:00:00Z"
    window = f"2026-11-{day:02}T00:00:00Z", f"2026-11-{day + 1:02}T00:00:00Z"
    return execution(f"run-{day}-{completion_day}", completed(*window, *found, completion_time=at, **more))


def checks(executions: list[Object]) -> list[int]:
    return [alert["violations"] for alert in alerts(in_order_of_completion(executions), RULE)]


def test_two_of_three_windows_make_an_alert() -> None:
    assert checks([run(1, VIOLATION), run(2)]) == []
    assert checks([run(1, VIOLATION), run(2), run(3, VIOLATION)]) == [2]
    assert checks([run(1, VIOLATION), run(2), run(3), run(4, VIOLATION)]) == []


def test_windows_count_in_their_own_order_whenever_they_ran() -> None:
    late = [run(2), run(3), run(4), run(1, VIOLATION, completion_day=9), run(5, VIOLATION)]
    assert checks(late) == []


def test_a_window_that_ran_twice_counts_once_as_it_ran_last() -> None:
    assert checks([run(1, VIOLATION), run(1, VIOLATION, completion_day=8)]) == []
    assert checks([run(1, VIOLATION), run(2, VIOLATION), run(2, completion_day=9)]) == []


def test_a_window_that_could_not_judge_does_not_count() -> None:
    silent = run(2, verdicts={"passed": 0, "violated": 0, "insufficientData": 9})
    assert checks([run(1, VIOLATION), run(3), run(4, VIOLATION), silent]) == [2]
    assert checks([run(1, VIOLATION), silent, run(3), run(4, VIOLATION)]) == [2]
    assert checks([run(1, VIOLATION), run(2), run(3), run(4, VIOLATION)]) == []


def test_an_immediate_violation_suffices() -> None:
    assert checks([run(1, {**VIOLATION, "immediate": True})]) == [1]


def test_the_last_run_is_the_one_that_ended_last() -> None:
    failed = execution("failed", {"conditions": [condition("Failed", reason="OOMKilled")]})
    assert last_run(failed)["state"] == "Failed"
    ended = in_order_of_completion([run(9, completion_day=12), run(10), execution("running", {})])
    assert [body["metadata"]["name"] for body in ended] == ["run-10-None", "run-9-12"]


def test_times_are_compared_as_times() -> None:
    early = execution("a", {"conditions": [condition("Complete")], "completionTime": "2026-11-23T04:00:01Z"})
    late = execution("b", {"conditions": [condition("Complete")], "completionTime": "2026-11-23T04:00:01.5Z"})
    offset = execution("c", {"conditions": [condition("Complete")], "completionTime": "2026-11-23T05:00:00+01:00"})
    assert [body["metadata"]["name"] for body in in_order_of_completion([late, early, offset])] == ["c", "a", "b"]


def limited(successful: int) -> MonitoringScheduleSpec:
    """A monitor that keeps so many complete executions, whose alerts look at two windows."""
    return MonitoringScheduleSpec.model_validate(
        {
            "baselineRef": {"name": "b"},
            "input": {"batch": {"dataURI": "s3://b/x"}},
            "output": {"uri": "s3://b/o"},
            "alert": {"datapointsToAlert": 1, "evaluationPeriods": 2},
            "job": {"successfulExecutionsHistoryLimit": successful, "failedExecutionsHistoryLimit": 1},
        }
    )


def gone(executions: list[Object], limit: int) -> set[str]:
    """The names of those beyond the limit."""
    return {body["metadata"]["name"] for body in beyond_limits(in_order_of_completion(executions), limited(limit))}


def test_windows_judged_again_push_out_no_window_that_alerts_need() -> None:
    judged = [run(1), run(2), run(3), run(2, completion_day=7), run(1, completion_day=8)]
    assert gone(judged, 2) == {"run-1-None", "run-2-None"}
    assert gone([*judged, run(4)], 2) == {"run-1-None", "run-2-None", "run-2-7"}
    assert gone(judged, 3) == {"run-1-None", "run-2-None"}
    assert gone(judged, 4) == {"run-1-None"}
    assert gone(judged, 5) == set()


def test_a_window_that_could_not_judge_pushes_out_none_that_alerts_need() -> None:
    none = {"passed": 0, "violated": 0, "insufficientData": 9}
    judged = [run(1, VIOLATION), run(2), *(run(day, verdicts=none) for day in (3, 4, 5))]
    assert gone(judged, 2) == {"run-3-None", "run-4-None"}


def test_the_latest_completed_run_stays_whatever_window_it_judged() -> None:
    judged = [run(2), run(3), run(4), run(1, completion_day=9)]
    assert gone(judged, 2) == {"run-2-None"}
    assert gone(judged, 3) == {"run-2-None"}
    assert gone([*judged, run(5, completion_day=10)], 3) == {"run-2-None", "run-3-None"}


def test_the_oldest_beyond_the_limits_go_and_running_ones_stay() -> None:
    spec = limited(2)
    failures = [
        execution(f"failed-{n}", {"completionTime": f"2026-11-0{n}T00:00:00Z", "conditions": [condition("Failed")]})
        for n in (1, 2)
    ]
    ended = in_order_of_completion([run(1), run(2), run(3), *failures, execution("running", {})])
    assert {body["metadata"]["name"] for body in beyond_limits(ended, spec)} == {"run-1-None", "failed-1"}


def test_lists_are_bounded_in_number_and_bytes() -> None:
    assert len(bounded([VIOLATION] * 50, 10**6)) == 20
    assert len(bounded([VIOLATION] * 50, 200)) == 2

"""From captured traffic in a store to violations on the resources, through the real controllers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from tests.cluster.processes import wait_until
from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.traffic import write_capture

HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
WINDOW = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")


def test_the_cronjob_controller_starts_a_run_that_ends_with_violations(monitored: Monitored) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for past in (1, 2):
        write_capture(monitored.bucket, hour - timedelta(hours=past), missing=0.6)
    window = {"startOffset": "-PT3H", "endOffset": "PT0S"}
    endpoint = {"captureURI": f"s3://{monitored.namespace}/capture"}
    monitored.ready(schedule="* * * * *", input={"endpoint": endpoint, "window": window})

    def scheduled() -> list[str]:
        return [name for name in monitored.names("mexe") if re.fullmatch(r"shop-[0-9]{8}", name)]

    wait_until(lambda: bool(scheduled()), "a scheduled run", timeout_seconds=75)
    name = scheduled()[0]
    execution = monitored.wait("mexe", name, "Complete")
    status = execution["status"]
    assert int(name[-8:]) * 60 == _seconds(status["scheduledTime"]) == _seconds(status["window"]["end"])
    assert _seconds(status["window"]["end"]) - _seconds(status["window"]["start"]) == 3 * 3600
    assert {(v["column"], v["check"]) for v in status["violations"]} == {("amount", "completeness_check")}
    monitored.wait("msch", "shop", "ViolationsDetected")
    schedule = monitored.get("msch", "shop")
    assert schedule["status"]["violationCount"] == 1
    assert schedule["status"]["violations"][0]["column"] == "amount"
    assert monitored.condition(schedule, "Ready")["status"] == "True", "drift must not make Ready False"
    row = monitored.kubectl("get", "msch", "shop").splitlines()[1].split()
    assert row[:2] == ["shop", "True"]
    assert "1" in row
    folder = (
        monitored.bucket / "reports" / "shop" / datetime.fromisoformat(status["scheduledTime"]).strftime("%Y/%m/%d")
    )
    written = {path.name for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "statistics.json",
        "constraints.json",
        "constraint_violations.json",
        "report.html",
        "execution.json",
    }


def test_a_run_by_hand_judges_the_window_it_is_given(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR, unreadable=2)
    write_capture(monitored.bucket, HOUR + timedelta(hours=1), missing=0.6)
    monitored.ready()
    monitored.apply(monitored.execution("quiet", *WINDOW))
    monitored.apply(monitored.execution("loud", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"))
    quiet = monitored.wait("mexe", "quiet", "Ready")
    loud = monitored.wait("mexe", "loud", "Ready")
    assert quiet["status"]["recordCount"] == 400
    assert quiet["status"]["unreadableCount"] == 2
    assert quiet["status"]["violationCount"] == 0
    assert monitored.condition(quiet, "ViolationsDetected")["status"] == "False"
    assert loud["status"]["violationCount"] == 1
    assert "% of rows have no value" in loud["status"]["violations"][0]["description"]
    report = json.loads((monitored.bucket / "reports/shop/on-demand/loud/constraint_violations.json").read_text())
    assert report["violations"][0]["feature_name"] == "amount"
    samples = json.loads((monitored.bucket / "reports/shop/on-demand/quiet/execution.json").read_text())["reading"]
    assert [sample["line"] for sample in samples["samples"]] == [1, 2]
    # The worst is far beyond its limit, so one window makes an alert.
    schedule = monitored.wait("msch", "shop", "InAlert")
    assert schedule["status"]["alerts"][0]["column"] == "amount"


def test_a_job_made_from_the_cronjob_is_a_run(monitored: Monitored) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    write_capture(monitored.bucket, hour, missing=0.6)
    monitored.ready(schedule="0 * * * *")
    monitored.kubectl("create", "job", "--from=cronjob/shop", "now")
    execution = monitored.wait("mexe", "now", "Ready")
    assert execution["spec"]["scheduleRef"] == {"name": "shop"}
    assert _seconds(execution["status"]["window"]["end"]) in (hour.timestamp() + 3600, hour.timestamp() + 7200)
    assert execution["status"]["jobName"] == "now"


def test_the_same_window_gives_the_same_statistics(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    for name in ("first", "second"):
        monitored.apply(monitored.execution(name, *WINDOW))
        monitored.wait("mexe", name, "Complete")
    folder = monitored.bucket / "reports/shop/on-demand"
    first, second = ((folder / name / "statistics.json").read_bytes() for name in ("first", "second"))
    assert first == second


def test_an_adopted_baseline_judges_like_the_one_it_was_adopted_from(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR, missing=0.6)
    monitored.ready()
    files = monitored.get("mbl", "shop")["status"]["files"]
    existing = {name: files[name] for name in ("statisticsURI", "constraintsURI")}
    job = {"envFrom": [{"secretRef": {"name": "store"}}]}
    adopted = monitored.baseline("adopted")
    adopted["spec"] = {"existing": existing, "job": job}
    monitored.apply(adopted, monitored.schedule("adopted", baselineRef={"name": "adopted"}))
    monitored.wait("msch", "adopted", "Ready")
    monitored.apply(monitored.execution("adopted-run", *WINDOW, schedule="adopted"))
    execution = monitored.wait("mexe", "adopted-run", "Complete")
    assert [v["check"] for v in execution["status"]["violations"]] == ["completeness_check"]


def test_a_batch_folder_is_judged_in_sagemakers_way(monitored: Monitored) -> None:
    folder = monitored.bucket / "batch" / "2026-03-01"
    folder.mkdir(parents=True)
    rows = "".join(f"0.{n % 10},{n % 7}.50,{20 + n % 60},de\n" for n in range(500))
    (folder / "part-0.csv").write_text("score,amount,age,country\n" + rows)
    monitored.apply(monitored.baseline())
    batch = {"dataURI": f"s3://{monitored.namespace}/batch/%Y-%m-%d"}
    monitored.apply(
        monitored.schedule(input={"batch": batch}, dataQuality={"compatibility": "SageMaker"}, schedule="@daily")
    )
    monitored.wait("msch", "shop", "Ready")
    monitored.apply(monitored.execution("day", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"))
    status = monitored.wait("mexe", "day", "Complete")["status"]
    assert status["recordCount"] == 500
    descriptions = {violation["column"]: violation["description"] for violation in status["violations"]}
    assert re.fullmatch(r"Categorical distance: 0\.\d+ exceeds threshold: 0\.1", descriptions["country"])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

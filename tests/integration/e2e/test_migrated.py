"""What `model-monitor migrate` writes, applied as it is, through the real controllers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from click.testing import CliRunner

from model_monitor_jobs.cli import main
from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.traffic import write_capture
from tests.unit.jobs.migration.sagemaker_shapes import definition, once, outputs


def test_a_schedule_that_runs_now_is_applied_and_judges_the_last_hours(monitored: Monitored, tmp_path: Path) -> None:
    bucket, store = monitored.bucket, f"s3://{monitored.namespace}"
    made = CliRunner().invoke(main, ["baseline", str(bucket / "training.csv"), "--output", str(bucket / "baseline")])
    assert made.exit_code == 0, made.output
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for past in (0, 1, 2):
        write_capture(bucket, hour - timedelta(hours=past), missing=0.6)
    (bucket / "seen" / "churn-endpoint").mkdir(parents=True)
    (bucket / "capture").rename(bucket / "seen" / "churn-endpoint" / "AllTraffic")
    existing = {f"{name}Resource": {"s3URI": f"{store}/baseline/{name}.json"} for name in ("constraints", "statistics")}
    job = definition(
        "DataQuality",
        "churn-on-demand",
        dataQualityBaselineConfig=existing,
        dataQualityJobOutputConfig=outputs(f"{store}/results"),
    )
    (tmp_path / "ack.yaml").write_text(yaml.safe_dump_all([once(), job]))
    options = ["--capture-uri", f"{store}/seen", "--secret", "store"]
    migrated = CliRunner().invoke(main, ["migrate", str(tmp_path / "ack.yaml"), *options])
    assert migrated.exit_code == 0, migrated.stderr
    monitored.kubectl("apply", "-f", "-", input=migrated.stdout)
    monitored.wait("baseline", "churn-on-demand", "Ready")
    status = monitored.wait("mexe", "churn-once-now", "Complete")["status"]
    start, end = (datetime.fromisoformat(status["window"][side]) for side in ("start", "end"))
    assert end - start == timedelta(hours=2)
    assert abs(datetime.now(UTC) - end) < timedelta(minutes=10)
    assert ("amount", "completeness_check") in {(v["column"], v["check"]) for v in status["violations"]}
    assert monitored.get("msch", "churn-once")["metadata"]["labels"]["environment"] == "testing"

"""What a container of one's own finds, and what is made of what it writes."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.own_container import VARIABLES
from model_monitor_crds.run import Occasion
from model_monitor_crds.window import Window
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.execution.own_container import ContainerRun, publish_output
from model_monitor_jobs.execution.perform import started_status
from model_monitor_jobs.runs import container_output
from model_monitor_jobs.runs.container_output import read_output
from model_monitor_jobs.runs.staged_window import Staging, environment_file, stage_window
from model_monitor_jobs.storage import Storage
from tests.cluster.pod_files import env_file_value

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(hours=1))
VIOLATION = {"feature_name": "age", "constraint_check_type": "ks_check", "description": "moved"}


def monitor(folder: Path, source: dict[str, Any], **spec: Any) -> MonitoringScheduleSpec:
    return MonitoringScheduleSpec.model_validate(
        {
            "schedule": "0 * * * *",
            "baselineRef": {"name": "b"},
            "input": source,
            "output": {"uri": f"file://{folder}/reports"},
            "job": {"contract": "SageMaker", "image": "own"},
        }
        | spec
    )


def baseline(folder: Path, *, statistics: bool = True) -> BaselineFiles:
    for name in ("statistics.json", "constraints.json"):
        (folder / name).write_text("{}")
    return BaselineFiles.model_validate(
        {
            "constraintsURI": f"file://{folder}/constraints.json",
            "constraintsSha256": "0" * 64,
            "recordCount": 1,
            "columnCount": 1,
        }
        | ({"statisticsURI": f"file://{folder}/statistics.json"} if statistics else {})
    )


def staging(folder: Path) -> Staging:
    folders = Staging(*(folder / name for name in ("input", "baseline", "output", "environment")))
    for each in (folders.input, folders.baseline, folders.output, folders.environment):
        each.mkdir()
    return folders


def write(path: Path, text: str = "{}\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def stage(tmp_path: Path, source: dict[str, Any], **spec: Any) -> tuple[dict[str, str], list[str]]:
    """The variables, and the files below dataset_source."""
    folders = staging(tmp_path)
    stage_window(monitor(tmp_path, source, **spec), "hourly", baseline(tmp_path), WINDOW, folders, Storage())
    text = (folders.environment / "environment").read_text()
    values = {name: env_file_value(text, name) for name in VARIABLES}
    assert len(text.splitlines()) == sum(map(bool, values.values()))
    data = Path(values["dataset_source"])
    return values, sorted(path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("above", "path", "endpoint"),
    [
        ("", "credit/AllTraffic", "credit"),
        ("blue", "credit/blue", "credit"),
        ("scoring/blue", "scoring/blue", "scoring"),
    ],
)
def test_captured_hours_lie_below_endpoint_and_variant(tmp_path: Path, above: str, path: str, endpoint: str) -> None:
    root = tmp_path / "capture" / above
    for hour in ("09", "10", "11", "12"):
        write(root / f"2026/03/01/{hour}/a.jsonl", hour)
    values, files = stage(tmp_path, {"endpoint": {"captureURI": f"file://{tmp_path}/capture"}}, model="credit")
    assert files == [f"{path}/2026/03/01/{hour}/a.jsonl" for hour in ("10", "11")]
    assert values["sagemaker_endpoint_name"] == endpoint
    assert values["sagemaker_endpoint_datacapture_prefix"] == f"file://{tmp_path}/capture"
    assert values["sagemaker_monitoring_schedule_name"] == "hourly"
    assert (values["start_time"], values["end_time"]) == ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
    assert json.loads(values["dataset_format"])["sagemakerCaptureJson"]
    assert values["publish_cloudwatch_metrics"] == "Disabled"
    assert values["output_path"] == str(tmp_path / "output")
    assert Path(values["baseline_constraints"]).name == "constraints.json"
    assert Path(values["baseline_statistics"]).read_text() == "{}"


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        ({"csv": {"header": False}}, {"csv": {"header": False}}),
        ({"format": "JSONLines"}, {"json": {"line": True}}),
        ({"format": "Parquet"}, {"parquet": {}}),
    ],
)
def test_batch_files_lie_below_the_windows_hour(tmp_path: Path, batch: dict[str, Any], told: dict[str, Any]) -> None:
    write(tmp_path / "data/2026-03-01/part/a")
    write(tmp_path / "data/2026-03-02/b")
    values, files = stage(tmp_path, {"batch": {"dataURI": f"file://{tmp_path}/data/%Y-%m-%d"} | batch})
    assert files == ["2026/03/01/10/part/a"]
    assert json.loads(values["dataset_format"]) == told
    assert values["sagemaker_endpoint_name"] == ""


def test_a_window_without_data_says_which_hours_there_are(tmp_path: Path) -> None:
    write(tmp_path / "capture/2026/03/01/08/a.jsonl")
    with pytest.raises(InputError, match="data exists for 2026-03-01T08"):
        stage(tmp_path, {"endpoint": {"captureURI": f"file://{tmp_path}/capture"}})


def test_a_baseline_without_statistics_gives_no_variable_of_them(tmp_path: Path) -> None:
    write(tmp_path / "data/a")
    folders = staging(tmp_path)
    spec = monitor(tmp_path, {"batch": {"dataURI": f"file://{tmp_path}/data"}})
    stage_window(spec, "hourly", baseline(tmp_path, statistics=False), WINDOW, folders, Storage())
    text = (folders.environment / "environment").read_text()
    assert "baseline_statistics" not in text
    assert "baseline_constraints" in text


def test_without_a_baseline_there_are_no_variables_of_it(tmp_path: Path) -> None:
    write(tmp_path / "data/a")
    folders = staging(tmp_path)
    spec = monitor(tmp_path, {"batch": {"dataURI": f"file://{tmp_path}/data"}})
    stage_window(spec, "hourly", None, WINDOW, folders, Storage())
    text = (folders.environment / "environment").read_text()
    assert "baseline_constraints" not in text
    assert "baseline_statistics" not in text


def test_a_value_that_a_kubelet_could_not_read_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="sagemaker_endpoint_name"):
        environment_file({"sagemaker_endpoint_name": "it's"})


@pytest.mark.parametrize(
    "name", ["constraint_violations.json", "constraints_violations.json", "community_constraint_violations.json"]
)
def test_violations_are_found_under_each_name(tmp_path: Path, name: str) -> None:
    content = json.dumps({"violations": [VIOLATION]}).encode()
    (tmp_path / name).write_bytes(content)
    found = read_output(tmp_path)
    assert [(each.column, each.check, each.verdict) for each in found.findings] == [
        ("age", "ks_check", Verdict.VIOLATION)
    ]
    assert found.files["constraint_violations.json"] == content


def test_a_clean_window_passes_and_an_empty_folder_judges_nothing(tmp_path: Path) -> None:
    assert read_output(tmp_path).findings == ()
    assert "nothing was judged" in read_output(tmp_path).summary
    write(tmp_path / "deep/metrics.csv")
    assert [each.verdict for each in read_output(tmp_path).findings] == [Verdict.PASS]
    write(tmp_path / "constraint_violations.json", '{"violations": []}')
    found = read_output(tmp_path)
    assert found.summary == "The container found no violation"
    assert set(found.files) == {"deep/metrics.csv", "constraint_violations.json"}


def test_links_pipes_and_our_own_name_are_left_out_with_a_note(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    write(secret / "token", "s3cr3t")
    output = tmp_path / "output"
    write(output / "a.txt")
    (output / "token").symlink_to(secret / "token")
    (output / "folder").symlink_to(secret)
    os.mkfifo(output / "pipe")
    write(output / "execution.json")
    found = read_output(output)
    assert set(found.files) == {"a.txt"}
    assert len(found.notes) == 4
    assert not any(b"s3cr3t" in content for content in found.files.values())


def test_more_than_is_taken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_output, "MOST_FILES", 2)
    for name in "abc":
        write(tmp_path / name)
    with pytest.raises(InputError, match="more than 2 files"):
        read_output(tmp_path)


@pytest.mark.parametrize(
    ("statistics", "rows"),
    [('{"dataset": {"item_count": 7}}', 7), ('{"dataset": {}}', None), ("no json", None), ("[]", None)],
)
def test_rows_are_counted_where_statistics_tell(tmp_path: Path, statistics: str, rows: int | None) -> None:
    write(tmp_path / "statistics.json", statistics)
    assert read_output(tmp_path).rows == rows


def test_the_results_folder_and_the_status_tell_the_same(tmp_path: Path) -> None:
    spec = monitor(tmp_path, {"batch": {"dataURI": f"file://{tmp_path}/data"}})
    due = Occasion(WINDOW.end, WINDOW, WINDOW.end)
    run = ContainerRun(spec, "hourly", baseline(tmp_path), due, "hourly-1")
    many = [VIOLATION | {"feature_name": f"c{number}"} for number in range(30)]
    write(tmp_path / "output/constraint_violations.json", json.dumps({"violations": many}))
    status = publish_output(run, tmp_path / "output", started_status(START, "j", due), Storage(), lambda: START)
    assert (status.violation_count, len(status.violations), status.truncated) == (30, 20, True)
    assert status.record_count is None
    assert status.summary == "The container found 30 violations, the first: c0 (ks_check): moved"
    folder = tmp_path / "reports/hourly/2026/03/01/11"
    told = json.loads((folder / "execution.json").read_text())
    assert told["status"] == status.to_dict()
    assert len(told["findings"]) == 30
    write(tmp_path / "output/constraint_violations.json", "no json")
    with pytest.raises(InputError, match=r"constraint_violations\.json: line 1"):
        publish_output(run, tmp_path / "output", started_status(START, "j", due), Storage(), lambda: START)
    assert json.loads((folder / "execution.json").read_text()) == told

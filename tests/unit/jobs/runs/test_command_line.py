"""The command line from a CSV file to a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from model_monitor_jobs import pod_commands
from model_monitor_jobs.cli import main

ROWS = 600


def write_csv(path: Path, seed: int = 0, missing: float = 0.02, junk: int = 0) -> Path:
    random = np.random.default_rng(seed)
    lines = ["age,state,customer_id"]
    for number in range(ROWS):
        age = "" if random.random() < missing else str(random.integers(18, 80))
        lines.append(f"{age},{random.choice(['TX', 'CA'])},c{number}")
    lines += [f'1,TX,"{number}" too much,2,3' for number in range(junk)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "train.csv")
    assert call("baseline", "train.csv", "--output", "baseline", "--exclude", "customer_id").exit_code == 0
    return tmp_path


def test_a_baseline_is_three_files_and_a_table(folder: Path) -> None:
    assert {path.name for path in (folder / "baseline").iterdir()} == {
        "statistics.json",
        "constraints.json",
        "profile.parquet",
    }
    shown = call("baseline", "train.csv", "--output", "again", "--exclude", "customer_id").output
    assert "600 rows, 2 columns" in shown
    assert "age" in shown
    for name in ("statistics.json", "constraints.json", "profile.parquet"):
        assert (folder / "again" / name).read_bytes() == (folder / "baseline" / name).read_bytes()


def test_the_same_data_has_no_violation_and_other_data_has(folder: Path) -> None:
    check = ("--baseline", "baseline", "--exclude", "customer_id")
    same = call("check", "train.csv", *check)
    assert (same.exit_code, "No violation: 600 rows" in same.output) == (0, True)
    write_csv(folder / "today.csv", seed=1, missing=0.6)
    other = call("check", "today.csv", *check)
    assert other.exit_code == 2
    assert "completeness" in other.output
    assert "of rows have no value" in other.output


def test_results_for_programs_are_json(folder: Path) -> None:
    write_csv(folder / "today.csv", seed=1, missing=0.6)
    result = call("check", "today.csv", "--baseline", "baseline", "--exclude", "customer_id", "-o", "json")
    findings = json.loads(result.stdout)["findings"]
    violated = [finding for finding in findings if finding["verdict"] == "Violation"]
    assert [finding["column"] for finding in violated] == ["age"]
    assert violated[0]["difference"] > violated[0]["limit"]
    made = call("baseline", "today.csv", "--output", "other", "-o", "json")
    assert json.loads(made.stdout)["recordCount"] == ROWS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "absent.csv", "--baseline", "baseline"), "absent.csv"),
        (("check", "train.csv", "--baseline", "nowhere"), "nowhere/statistics.json"),
        (("check", "train.csv", "--baseline", "baseline", "--threshold", "5"), "--threshold"),
        (("baseline", "train.csv", "--output", "b", "--delimiter", "||"), "delimiter"),
        (("baseline", "train.csv", "--output", "b", "--exclude", "nobody"), "has no column 'nobody'"),
        (("baseline", "http://acme/train.csv", "--output", "b"), "s3://"),
        (("baseline", "train.csv"), "--output"),
        (("run", "-f", "absent.yaml"), "absent.yaml: can't be read: No such file"),
        (("run", "-f", "train.csv"), "train.csv"),
        (("run", "-f", "train.csv", "--from", "2026-07-01"), "--from and --to together"),
        (("run", "-f", "train.csv", "--at", "noon"), "'noon' is no time"),
        (("run", "-f", "train.csv", "--mount", "data"), "write a URI prefix and a folder"),
        (("conquer",), "conquer"),
    ],
)
def test_mistakes_end_with_1_and_say_what_is_wrong(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("option", ["exclude", "timestamp"])
def test_a_column_that_exists_nowhere_is_noted(folder: Path, option: str) -> None:
    check = ("check", "train.csv", "--baseline", "baseline", "--exclude", "customer_id")
    note = f"spec.columns.{option}: no column 'tpyo' in the data or the baseline"
    assert note in call(*check, f"--{option}", "tpyo").output.replace("\n", " ")
    assert "no column" not in call(*check).output
    # The baseline does not know the excluded column, or the data doesn't: one of them is enough.
    (folder / "less.csv").write_text("age,state\n" + "30,TX\n" * 300)
    assert "no column" not in call("check", "less.csv", *check[2:]).output


def test_lines_that_cannot_be_read_are_counted_and_shown(folder: Path) -> None:
    write_csv(folder / "today.csv", junk=3)
    result = call("check", "today.csv", "--baseline", "baseline", "--exclude", "customer_id")
    assert result.exit_code == 0
    assert "3 lines could not be read:" in result.output
    assert "today.csv:602:" in result.output


def test_too_many_of_them_fail_the_run(folder: Path) -> None:
    write_csv(folder / "today.csv", junk=ROWS + 2)
    result = call("check", "today.csv", "--baseline", "baseline", "--exclude", "customer_id")
    assert result.exit_code == 1
    assert "602 of 1202 lines in" in result.output
    assert "maxUnreadableShare 0.5 allows" in result.output
    assert "today.csv:602:" in result.output


@pytest.mark.parametrize("verb", ["run", "baseline", "check", "execute", "crds", "demo"])
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    assert "Example: model-monitor" in call(verb, "--help").output


def test_definitions_are_printed() -> None:
    kinds = [document["spec"]["names"]["kind"] for document in yaml.safe_load_all(call("crds").output)]
    assert kinds == ["Baseline", "MonitoringSchedule", "MonitoringExecution"]


API = "modelmonitor.dev/v1alpha1"


def manifests(**spec: Any) -> str:
    baseline = {
        "dataset": {"uri": "pvc://data/train.csv"},
        "columns": {"exclude": ["customer_id"]},
        "output": {"uri": "pvc://data/baseline"},
    }
    schedule = {
        "schedule": "@daily",
        "baselineRef": {"name": "people"},
        "input": {"batch": {"dataURI": "pvc://data/days/%Y-%m-%d.csv"}},
        "output": {"uri": "pvc://data/reports"},
    }
    return yaml.safe_dump_all(
        [
            {"apiVersion": API, "kind": "Baseline", "metadata": {"name": "people"}, "spec": baseline},
            {"apiVersion": API, "kind": "MonitoringSchedule", "metadata": {"name": "daily"}, "spec": schedule | spec},
        ]
    )


@pytest.fixture
def week(folder: Path) -> Path:
    for day, missing in enumerate((0.02, 0.02, 0.3, 0.3, 0.9), 1):
        write_csv(folder / "days" / f"2026-07-0{day}.csv", seed=day, missing=missing)
    (folder / "monitor.yaml").write_text(manifests())
    return folder


MOUNT = ("--mount", "pvc://data=.")
RANGE = ("--from", "2026-07-01", "--to", "2026-07-06")


def test_a_range_replays_every_run_in_it(week: Path) -> None:
    result = call("run", "-f", "monitor.yaml", *MOUNT, *RANGE)
    assert result.exit_code == 2
    assert "5 runs, 3 with violations" in result.output
    assert "ALERT  age completeness_check: violated in 2 of the latest 3 windows" in result.output
    assert "ALERT  age completeness_check: far beyond its limit" in result.output
    folders = sorted(str(path.parent.relative_to(week)) for path in week.rglob("execution.json"))
    assert folders == [f"reports/daily/2026/07/0{day}/00" for day in range(2, 7)]
    files = {path.name for path in (week / folders[0]).iterdir()}
    assert files == {
        "statistics.json",
        "constraints.json",
        "constraint_violations.json",
        "execution.json",
        "report.html",
    }


def test_what_the_results_say(week: Path) -> None:
    call("run", "-f", "monitor.yaml", *MOUNT, *RANGE)
    execution = json.loads((week / "reports/daily/2026/07/04/00/execution.json").read_text())
    status = execution["status"]
    assert execution["metadata"]["name"] == f"daily-{29_718_720}"
    assert status["window"] == {"start": "2026-07-03T00:00:00Z", "end": "2026-07-04T00:00:00Z"}
    assert (status["recordCount"], status["violationCount"], status["truncated"]) == (ROWS, 1, False)
    assert status["violations"][0]["check"] == "completeness_check"
    assert execution["reading"]["files"] == 1
    violations = json.loads((week / "reports/daily/2026/07/04/00/constraint_violations.json").read_text())
    assert [violation["feature_name"] for violation in violations["violations"]] == ["age"]


def test_the_same_window_twice_gives_the_same_bytes(week: Path) -> None:
    for output in ("first", "second"):
        assert call("run", "-f", "monitor.yaml", *MOUNT, *RANGE, "--output", output).exit_code == 2
    first, second = (sorted((week / name).rglob("*.json")) for name in ("first", "second"))
    assert len(first) == len(second) == 5 * 4 + 2
    for one, other in zip(first, second, strict=True):
        assert one.relative_to(week / "first") == other.relative_to(week / "second")
        if one.name != "execution.json":
            assert one.read_bytes() == other.read_bytes()
    assert not (week / "reports").exists()


def test_a_single_run_judges_the_latest_window(week: Path) -> None:
    result = call("run", "-f", "monitor.yaml", *MOUNT, "--at", "2026-07-02T08:00", "-o", "json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["baselines"]["people"]["recordCount"] == ROWS
    assert [run["window"]["end"] for run in document["runs"]] == ["2026-07-02T00:00:00Z"]


def test_a_run_that_fails_is_told_and_does_not_end_the_others(week: Path) -> None:
    (week / "days" / "2026-07-02.csv").unlink()
    result = call("run", "-f", "monitor.yaml", *MOUNT, *RANGE)
    assert result.exit_code == 1
    assert "2026-07-02.csv" in result.output
    assert "5 runs, 3 with violations, 1 failed" in result.output


def test_constraints_edited_by_hand_are_followed_and_noted(week: Path) -> None:
    call("run", "-f", "monitor.yaml", *MOUNT, "--at", "2026-07-02T08:00")
    path = week / "baseline" / "constraints.json"
    existing = {
        "statisticsURI": "pvc://data/baseline/statistics.json",
        "constraintsURI": "pvc://data/baseline/constraints.json",
    }
    path.write_text(path.read_text().replace('"age"', '"years"'))
    documents = list(yaml.safe_load_all(manifests(columns={"exclude": ["customer_id"]})))
    documents[0]["spec"] = {"existing": existing}
    (week / "adopted.yaml").write_text(yaml.safe_dump_all(documents))
    result = call("run", "-f", "adopted.yaml", *MOUNT, "--at", "2026-07-02T08:00")
    assert result.exit_code == 2
    assert "1 column of the baseline not in the data: years" in result.output


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"schedule": "0 0 * * 7"}, "monitor.yaml: MonitoringSchedule daily: spec.schedule: write five cron fields"),
        ({"input": {}}, "MonitoringSchedule daily: spec.input: set exactly one of endpoint and batch"),
        ({"alert": {"datapointsToAlert": 9}}, "spec.alert: datapointsToAlert may not exceed evaluationPeriods"),
        ({"outptu": {}}, "spec.outptu: there is no such field; see docs/api.md"),
        ({"output": {}}, "spec.output.uri: this field is required"),
        ({"output": {"uri": "reports"}}, "spec.output.uri: must start with s3://bucket, gs://bucket"),
        ({"output": {"uri": "reports"}}, "(found 'reports')"),
        ({"schedule": "0 0 31 2 *"}, "MonitoringSchedule daily: schedule '0 0 31 2 *' never fires"),
        ({"timeZone": "Mars/Olympus"}, "timeZone 'Mars/Olympus' is not in the IANA database"),
        ({"baselineRef": {"name": "other"}}, "spec.baselineRef.name: no Baseline 'other' in the files (people)"),
        (
            {"monitoringType": "Fair"},
            "Input should be 'DataQuality', 'ModelQuality', 'ModelBias' or 'ModelExplainability' (found 'Fair')",
        ),
    ],
)  # fmt: skip
def test_a_wrong_manifest_is_answered_with_file_object_field_and_value(
    week: Path, spec: dict[str, Any], said: str
) -> None:
    (week / "monitor.yaml").write_text(manifests(**spec))
    result = call("run", "-f", "monitor.yaml", *MOUNT, *RANGE)
    assert result.exit_code == 1
    assert said in result.output


def test_kinds_of_ours_that_do_not_exist_are_an_error(week: Path) -> None:
    other = {"apiVersion": "modelmonitor.dev/v2", "kind": "MonitoringSchedule", "metadata": {"name": "newer"}}
    (week / "other.yaml").write_text(yaml.safe_dump({"kind": "List", "items": [other]}))
    result = call("run", "-f", "other.yaml", *MOUNT, *RANGE)
    assert result.exit_code == 1
    assert "modelmonitor.dev/v2 MonitoringSchedule newer: there is no such kind" in result.output


def test_a_claim_without_a_folder_is_explained(week: Path) -> None:
    result = call("run", "-f", "monitor.yaml", *RANGE)
    assert result.exit_code == 1
    assert "--mount pvc://data=FOLDER" in result.output


@pytest.mark.parametrize("mount", ["s3://bucket=.", "file:///data=."])
def test_for_a_person_only_a_claim_can_stand_for_a_folder(mount: str) -> None:
    found = call("run", "-f", "monitor.yaml", "--mount", mount)
    assert found.exit_code == 1
    assert "only volume claims can stand for folders" in found.output


@pytest.mark.parametrize("verb", ["execute", "prepare", "publish"])
def test_a_pod_may_be_given_volumes_of_the_users(tmp_path: Path, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_commands, "set_up_logging", lambda style: None)
    mounts = ("--mount", "file:///data=/data", "--mount", "pvc://claim=/mnt/claims/claim")
    found = call(verb, "--run-folder", tmp_path, "--credentials", tmp_path, *mounts)
    assert "Usage" not in found.output
    assert found.exit_code == 1

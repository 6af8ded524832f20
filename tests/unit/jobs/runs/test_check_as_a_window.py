"""`model-monitor check` with a baseline that knows its days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from model_monitor_jobs.cli import main

ROWS_A_DAY = 400
FIRST = datetime(2026, 9, 1, tzinfo=UTC)


def write_days(path: Path, first: int, days: int, *, missing: float = 0.02, stamped: bool = True) -> None:
    random = np.random.default_rng(first)
    lines = ["amount,plan" + (",at" if stamped else "")]
    for day in range(first, first + days):
        for row in range(ROWS_A_DAY):
            moment = FIRST + timedelta(days=day, minutes=3 * row)
            amount = "" if random.random() < missing else f"{random.gamma(2, 50):.2f}"
            lines.append(f"{amount},{random.choice(['a', 'b'])}" + (f",{moment:%Y-%m-%dT%H:%M:%SZ}" if stamped else ""))
    path.write_text("\n".join(lines) + "\n")


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_days(tmp_path / "train.csv", 0, 28)
    made = call("baseline", "train.csv", "--output", "baseline", "--timestamp", "at", "--window", "P1D")
    assert "learned how much 28 windows of P1D on 28 days vary" in made.output
    return tmp_path


def test_a_day_is_judged_by_what_the_baselines_days_do(folder: Path) -> None:
    write_days(folder / "live.csv", 30, 2, missing=0.12)
    answer = call(
        "check", "live.csv", "--baseline", "baseline", "--from", "2026-10-01", "--to", "2026-10-02", "-o", "json"
    )
    assert answer.exit_code == 2
    found = json.loads(answer.output)
    assert found["status"]["recordCount"] == ROWS_A_DAY, "the other day is outside the window"
    finding = next(f for f in found["findings"] if (f["column"], f["check"]) == ("amount", "completeness_check"))
    assert (finding["learned"], finding["verdict"]) == (True, "Violation")
    whole = call("check", "live.csv", "--baseline", "baseline")
    assert "give --from and --to" in " ".join(whole.output.split())


def test_data_without_times_are_the_window_and_that_is_said(folder: Path) -> None:
    write_days(folder / "live.csv", 30, 1, stamped=False)
    answer = call("check", "live.csv", "--baseline", "baseline", "--from", "2026-10-01", "--to", "2026-10-02")
    assert answer.exit_code == 0
    assert "no column 'at': all rows are taken for the window's" in " ".join(answer.output.split())


def test_settings_that_sagemakers_rule_passes_over_are_named(folder: Path) -> None:
    answer = call(
        "check", "train.csv", "--baseline", "baseline", "--compatibility", "SageMaker", "--threshold", "0.3",
        "--segment", "plan",
    )  # fmt: skip
    said = "dataQuality.threshold, columns.segments: no effect with compatibility: SageMaker"
    assert said in " ".join(answer.output.split())


def test_a_misspelt_feature_is_answered_with_the_likely_one(folder: Path) -> None:
    constraints = folder / "baseline" / "constraints.json"
    constraints.write_text(constraints.read_text().replace('"amount"', '"amont"'))
    answer = call("check", "train.csv", "--baseline", "baseline")
    assert "'amont' (did you mean 'amount'?)" in " ".join(answer.output.split())


def test_checks_that_are_all_switched_off_are_no_lack_of_data(folder: Path) -> None:
    constraints = folder / "baseline" / "constraints.json"
    written = constraints.read_text()
    assert '"evaluate_constraints": "Enabled"' in written
    constraints.write_text(written.replace('"evaluate_constraints": "Enabled"', '"evaluate_constraints": "Disabled"'))
    answer = call("check", "train.csv", "--baseline", "baseline")
    assert "switch every check off" in " ".join(answer.output.split())

"""The check that docs/new-check.md adds: its two files, as they stand there, in a copy of the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PACKAGE = "model_monitor_jobs"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A folder whose copy of the package comes before the installed one, with the new check in it."""
    check, test = BLOCK.findall((ROOT / "docs" / "new-check.md").read_text())
    copytree(ROOT / "jobs" / PACKAGE, tmp_path / PACKAGE, ignore=ignore_patterns("__pycache__"))
    (tmp_path / PACKAGE / "checks/data_quality/rules/number_format.py").write_text(check)
    (tmp_path / "test_number_format.py").write_text(test)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-c", f"from {PACKAGE}.cli import main; main()", *arguments)


def test_its_test_passes_with_the_check_and_not_without_it(overlay: Path) -> None:
    pytest_options = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_number_format.py")
    done = run(overlay, *pytest_options)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    (overlay / PACKAGE / "checks/data_quality/rules/number_format.py").unlink()
    assert "1 failed, 1 passed" in run(overlay, *pytest_options).stdout


def test_a_run_applies_it_and_shows_it_everywhere(overlay: Path) -> None:
    ages = [str(18 + number % 60) for number in range(1_000)]
    (overlay / "train.csv").write_text("\n".join(["age", *ages]))
    (overlay / "today.csv").write_text("\n".join(["age", *(f"{age}.0" for age in ages)]))
    made = command(overlay, "baseline", "train.csv", "--output", "baseline")
    assert made.returncode == 0, made.stderr
    shown = command(overlay, "check", "today.csv", "--baseline", "baseline", "--output", "results")
    assert shown.returncode == 2, shown.stderr
    assert re.search(r"age +number_format +100.0 % like 5.0 +0.0 % like 5.0", shown.stdout)
    execution = json.loads((overlay / "results" / "execution.json").read_text())
    assert [found["check"] for found in execution["status"]["violations"]] == ["number_format_check"]
    (finding,) = (found for found in execution["findings"] if found["verdict"] == "Violation")
    assert finding["description"] == "100.0 % of numbers are written like 5.0, 0.0 % in the baseline"
    (violation,) = json.loads((overlay / "results" / "constraint_violations.json").read_text())["violations"]
    assert violation["constraint_check_type"] == "number_format_check"

"""The benchmark of late labels, on little data, and its figures in the document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.labels.__main__ import DOCUMENT, PLACE, PUBLISHED, labels_report
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put
from benchmarks.profiles.results import Results


def test_a_quick_run_joins_and_judges(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks.labels", "--scale", "quick", "--case", "day", "--results", str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (case,) = Results.read(path).cases
    assert [program.name for program in case.programs] == ["profile", "plain", "ids", "joined", "judged"]
    assert all(program.rounds for program in case.programs)


def test_the_document_shows_what_was_measured_last() -> None:
    text = DOCUMENT.read_text()
    expected = put(text, PLACE, labels_report(Results.read(PUBLISHED)))
    assert text.split() == expected.split(), "write the figures again: python -m benchmarks.labels --documents"

"""The benchmark itself, on little data, and its figures in the documents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.profiles.__main__ import DOCUMENTS, PUBLISHED
from benchmarks.profiles.cases import CASES
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put
from benchmarks.profiles.results import Results


@pytest.mark.timeout(900)  # about a minute; environments are installed on first use, and others may be at work
def test_quick_measures_every_case_but_the_peers(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.profiles", "--quick", "--results", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    results = Results.read(path)
    assert {case.name for case in results.cases} == set(CASES) - {"peers"}
    programs = [program for case in results.cases for program in case.programs]
    assert {program.role for program in programs} == {"floor", "ours"}
    assert all(taken.cpu_seconds > 0 for program in programs for taken in program.rounds)
    assert all(taken.memory_bytes > 10e6 for program in programs for taken in program.rounds)
    assert "not measured" not in ended.stdout


@pytest.mark.parametrize(("document", "place", "report"), DOCUMENTS, ids=[path.name for path, *_ in DOCUMENTS])
def test_documents_show_what_was_measured_last(document: Path, place: str, report: object) -> None:
    text = document.read_text()
    assert callable(report)
    expected = report(Results.read(PUBLISHED)) if PUBLISHED.exists() else ""
    assert text.split() == put(text, place, expected).split(), (
        "write the figures again: python -m benchmarks.profiles --documents"
    )

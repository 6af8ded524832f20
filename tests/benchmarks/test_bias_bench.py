"""The benchmark of bias, on little data, its simulation, and their figures in the documents."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.bias import rule_publish, simulated
from benchmarks.bias.__main__ import DOCUMENT, PLACE, PUBLISHED, bias_report
from benchmarks.bias.streams import Population, counted
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import put
from benchmarks.profiles.results import Results


def test_a_quick_run_judges(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks.bias", "--scale", "quick", "--results", str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (case,) = Results.read(path).cases
    assert [program.name for program in case.programs] == ["read", "judged", "flips"]
    assert all(program.rounds for program in case.programs)


def test_a_population_has_the_metrics_that_its_chances_say() -> None:
    chances, truth = Population().chances(), Population().truth()
    assert chances.sum() == pytest.approx(1)
    approved = chances[..., 1].sum(axis=(1, 2)) / chances.sum(axis=(1, 2, 3))
    assert truth["DPPL"] == pytest.approx(approved[0] - approved[1], abs=1e-9)
    assert truth["DI"] == pytest.approx(approved[1] / approved[0], abs=1e-9)
    harsher = Population(simulated.HARSHER).truth()
    assert harsher["DPPL"] - truth["DPPL"] == pytest.approx(simulated.HARSHER, abs=1e-9)


def test_rows_by_cell_are_counted_whole() -> None:
    cells = Population().draw(np.random.RandomState(1), 1_000)
    counts = counted([cells])
    assert counts.by_stratum is not None
    assert counts.table.sum() == 1_000
    assert counts.by_stratum[0, 0, :, 1, 1, 1].tolist() == cells[1, :, :, 1].sum(axis=1).tolist()


def test_a_cell_tells_false_violations_power_and_coverage(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BASELINES", 1), ("WINDOWS", 8), ("CHANGED", 4)):
        monkeypatch.setattr(simulated, name, value)
    found = simulated.cell(10_000, "all alike", 0.0)
    assert found["windows"] == 8
    assert found["seen"]["default"]["DPPL"] == 1
    assert found["false"]["default"]["DPPL"] == 0
    assert found["covered"]["DPPL"] >= 0.5


def test_the_documents_show_what_was_measured_last() -> None:
    text = DOCUMENT.read_text()
    expected = put(text, PLACE, bias_report(Results.read(PUBLISHED)))
    assert text.split() == expected.split(), "write the figures again: make bench-bias"
    rule = rule_publish.DOCUMENT.read_text()
    shown = put(rule, rule_publish.PLACE, rule_publish.table(json.loads(rule_publish.RESULTS.read_text())))
    assert rule.split() == shown.split(), "write the figures again: python -m benchmarks.bias.rule_publish"

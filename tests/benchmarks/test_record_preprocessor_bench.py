"""The benchmark of record preprocessors: a small round, and the figures in the document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.profiles.report import put
from benchmarks.record_preprocessor import DOCUMENT, RESULTS, measure, table


def test_all_records_are_read_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = measure(1_200, 1)
    assert found["columns"] == 20
    assert all(clock > 0 and used > 0 for rounds in found["seconds"].values() for clock, used in rounds)


def test_the_document_shows_what_was_measured_last() -> None:
    text = DOCUMENT.read_text()
    expected = put(text, "record-preprocessor", table(json.loads(RESULTS.read_text())))
    assert text.split() == expected.split(), "write the figures again: make bench-scripts"

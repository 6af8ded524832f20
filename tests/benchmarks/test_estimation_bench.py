"""The benchmark of estimates: simulated data, our side of it, and the figures in the document."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.estimation import ours, streams
from benchmarks.estimation.publish import DOCUMENT, RESULTS, table
from benchmarks.profiles.report import put


def test_estimates_of_a_simulated_stream_stand_beside_what_labels_show(tmp_path: Path) -> None:
    streams.write(tmp_path / "shift", 1)
    outcome = ours.run(
        tmp_path / "shift", streams.WINDOW_ROWS * streams.WINDOWS // 2, ("auc", "accuracy"), most_rows=5_000
    )
    first, last = outcome.domain_auc
    assert 0.5 < first < last < 1
    for metric, estimates in outcome.estimated.items():
        for found, shown in zip(estimates, outcome.realised[metric], strict=True):
            assert abs(found.value - shown) < 0.05


def test_the_document_shows_what_was_measured_last() -> None:
    text = DOCUMENT.read_text()
    expected = put(text, "estimation", table(json.loads(RESULTS.read_text())))
    assert text.split() == expected.split(), "write the figures again: python -m benchmarks.estimation.publish"

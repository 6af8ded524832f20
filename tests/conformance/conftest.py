"""Where the conformance cases lie: real files of the original product, kept beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "MODEL_MONITOR_CONFORMANCE"


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of the cases: MODEL_MONITOR_CONFORMANCE, else ../shared/conformance beside the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "conformance"
    folder = Path(os.environ.get(VARIABLE, beside))
    if not folder.is_dir():
        pytest.skip(f"the conformance cases are not at {folder}; set {VARIABLE} to their folder")
    return folder

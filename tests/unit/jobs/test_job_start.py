"""What a job does not wait for at its start."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("entry", ["container", "cli", "runs.data_quality", "runs.model_quality", "runs.model_bias"])
def test_heavy_packages_are_not_imported_at_the_start(entry: str) -> None:
    # pyarrow imports pandas when it makes an array or a scalar of Python objects.
    program = f"import sys, model_monitor_jobs.{entry}; print(*{{'pandas', 'scipy', 'sklearn'}} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []

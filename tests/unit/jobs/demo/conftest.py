"""The demo's data, written once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from model_monitor_jobs.demo.flights import FLIGHTS, Story, load_flights, write_story


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The files of the demo."""
    return write_story(tmp_path_factory.mktemp("demo") / FLIGHTS.claim)


@pytest.fixture(scope="session")
def folder(story: Story) -> Path:
    """The demo's folder, in which their own is."""
    return story.training.parent.parent


@pytest.fixture(scope="session")
def flights() -> pd.DataFrame:
    """The flights that the model is trained on and asked about, with their days in New York."""
    every = load_flights()
    chosen = every[every["month"].le(3)].reset_index(drop=True)
    return chosen.assign(day=pd.to_datetime(chosen[["year", "month", "day"]]).dt.strftime("%Y-%m-%d"))

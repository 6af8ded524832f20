"""The preprocessors of docs/scripts.md, as they stand there, from captured events to a verdict."""

from __future__ import annotations

import json
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from model_monitor_jobs.cli import main

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FLATTEN, SAMPLE = BLOCK.findall((Path(__file__).parents[2] / "docs" / "scripts.md").read_text())
API = "modelmonitor.dev/v1alpha1"
HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
EVENTS = 4_000


def customers(seed: int) -> list[tuple[int, int, float]]:
    random = np.random.default_rng(seed)
    return [
        (int(income), int(loans), round(float(score), 3))
        for income, loans, score in zip(
            random.normal(30_000, 5_000, EVENTS), random.integers(0, 5, EVENTS), random.random(EVENTS), strict=True
        )
    ]


def nested(income: int, loans: int, score: float) -> tuple[str, str]:
    customer = {"finances": {"income": income, "loans": [{"sum": 100}] * loans}}
    return json.dumps(customer), json.dumps({"predictions": [{"score": score}]})


def flat(income: int, loans: int, score: float) -> tuple[str, str]:
    return f"{income},{loans}", f"{score}\n"


def event(number: int, data: tuple[str, str], attributes: list[str]) -> dict[str, Any]:
    encoding = "JSON" if data[0].startswith("{") else "CSV"
    sides = ({"data": text, "encoding": encoding} for text in data)
    moment = HOUR + number * timedelta(hours=1) / EVENTS
    return {
        "captureData": dict(zip(("endpointInput", "endpointOutput"), sides, strict=True)),
        "eventMetadata": {
            "eventId": f"e-{number}",
            "inferenceTime": moment.isoformat(),
            "customAttributes": attributes,
        },
        "eventVersion": "0",
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    rows = ["income,loans,score", *(",".join(map(str, customer)) for customer in customers(1))]
    (tmp_path / "training.csv").write_text("\n".join(rows))
    documents = [
        {
            "apiVersion": API,
            "kind": "Baseline",
            "metadata": {"name": "credit"},
            "spec": {"dataset": {"uri": "pvc://data/training.csv"}, "output": {"uri": "pvc://data/baseline"}},
        },
        {
            "apiVersion": API,
            "kind": "MonitoringSchedule",
            "metadata": {"name": "credit"},
            "spec": {
                "schedule": "@hourly",
                "baselineRef": {"name": "credit"},
                "input": {
                    "endpoint": {"captureURI": "pvc://data/capture"},
                    "recordPreprocessor": {"uri": "pvc://data/preprocess.py"},
                },
                "output": {"uri": "pvc://data/reports"},
            },
        },
    ]
    (tmp_path / "monitor.yaml").write_text(yaml.safe_dump_all(documents))
    return tmp_path


def write(place: Path, events: list[dict[str, Any]]) -> None:
    folder = place / "capture" / f"{HOUR:%Y/%m/%d/%H}"
    folder.mkdir(parents=True)
    (folder / "part.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events))


def run(place: Path, script: str) -> Result:
    (place / "preprocess.py").write_text(script)
    span = ("--from", f"{HOUR:%Y-%m-%dT%H:%M}", "--to", f"{HOUR + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    mount = ("--mount", f"pvc://data={place}")
    return CliRunner().invoke(main, ["run", "-f", str(place / "monitor.yaml"), *mount, *span])


def execution(place: Path) -> dict[str, Any]:
    (path,) = (place / "reports").rglob("execution.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_nested_json_is_judged_by_the_baselines_columns(place: Path) -> None:
    write(place, [event(number, nested(*each), []) for number, each in enumerate(customers(2))])
    done = run(place, FLATTEN)
    assert done.exit_code == 0, done.output
    assert f"No violation: {EVENTS:,} rows" in done.output


def test_without_the_script_the_same_events_lack_the_columns(place: Path) -> None:
    write(place, [event(number, nested(*each), []) for number, each in enumerate(customers(2))])
    manifest = (place / "monitor.yaml").read_text()
    (place / "monitor.yaml").write_text(re.sub(r"    recordPreprocessor:\n      uri: .*\n", "", manifest))
    done = run(place, "")
    assert done.exit_code == 2, done.output
    assert "missing_column" in done.output


def test_a_change_is_seen_through_the_script(place: Path) -> None:
    write(place, [event(number, nested(0, *each[1:]), []) for number, each in enumerate(customers(2))])
    done = run(place, FLATTEN)
    assert done.exit_code == 2, done.output
    assert {each["column"] for each in execution(place)["status"]["violations"]} == {"income"}


def test_a_sample_without_tests_is_judged(place: Path) -> None:
    tests = {number for number in range(EVENTS) if number % 4 == 0}
    write(
        place,
        [event(n, flat(*each), ["test=true"] if n in tests else []) for n, each in enumerate(customers(2))],
    )
    done = run(place, SAMPLE)
    assert done.exit_code == 0, done.output
    kept = [n for n in range(EVENTS) if n not in tests and zlib.crc32(f"e-{n}".encode()) % 10 == 0]
    assert execution(place)["status"]["recordCount"] == len(kept)
    assert "preprocess.py: left out e-0: a test" in done.stderr
    assert f"{EVENTS - len(kept):,} records were left out by the record preprocessor" in execution(place)["notes"]


def test_an_event_that_it_fails_on_is_shown_with_the_scripts_line(place: Path) -> None:
    events = [event(number, nested(*each), []) for number, each in enumerate(customers(2))]
    events[7]["captureData"]["endpointInput"]["data"] = "{}"
    write(place, events)
    done = run(place, FLATTEN)
    assert done.exit_code == 0, done.output
    shown = " ".join(done.output.split())
    line = FLATTEN.splitlines().index('        "income": customer["finances"]["income"],') + 1
    assert f"preprocess.py line {line} in preprocess_handler: KeyError: 'finances'" in shown
    assert "event e-7" in shown

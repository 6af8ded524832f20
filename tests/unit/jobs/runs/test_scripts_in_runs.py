"""Record preprocessors and post-analytics processors in whole runs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from model_monitor_crds.run import Occasion
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.execution.perform import MonitorRun, perform_monitor, started_status
from model_monitor_jobs.runs.data_quality import DataQualityResult, run_data_quality
from tests.unit.jobs.runs.shop import DAY, START, Shop

NOW = datetime(2026, 2, 1, tzinfo=UTC)
SPLIT = """
def preprocess_handler(inference_record):
    x, y, plan = inference_record.endpoint_input.data.split(",")
    return {"x": x, "y": y, "plan": plan, "score": inference_record.endpoint_output.data}
"""
COLUMNS = {"exclude": ["answer", "bought", "at", "score"]}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write_training()
    made.write_day(20)
    return made


def write(shop: Shop, text: str, name: str = "preprocess.py") -> dict[str, str]:
    (shop.root / name).write_text(text)
    return {"uri": f"pvc://shop/{name}"}


def data_quality(shop: Shop, script: dict[str, str] | None, **changes: Any) -> DataQualityResult:
    columns = changes.get("columns", COLUMNS)
    baseline = shop.baseline(monitoringType="DataQuality", modelQuality=None, columns=columns)
    source: dict[str, Any] = {"endpoint": {"captureURI": "pvc://shop/capture"}}
    source |= {"recordPreprocessor": script} if script else {}
    monitor = shop.monitor(
        **({"monitoringType": "DataQuality", "groundTruth": None, "input": source, "columns": COLUMNS} | changes)
    )
    start = START + 20 * DAY
    return run_data_quality(monitor, baseline, Window(start, start + DAY), shop.storage)


def test_a_script_that_does_what_we_do_changes_nothing(shop: Shop) -> None:
    ours, scripted = data_quality(shop, None), data_quality(shop, write(shop, SPLIT))
    assert scripted.table.rows == ours.table.rows == 600
    for column in ("x", "y", "plan"):
        found, known = scripted.table.columns[column], ours.table.columns[column]
        assert (found.present, found.inferred_type) == (known.present, known.inferred_type)
        assert found.moments == known.moments
        assert found.frequencies.counts == known.frequencies.counts


# Amazon's own example: the names say nothing but the order, the output first.
POSITIONS = """
def preprocess_handler(inference_record):
    input_data = inference_record.endpoint_input.data
    output_data = inference_record.endpoint_output.data.rstrip("\\n")
    data = output_data + "," + input_data
    return {str(i).zfill(20): d for i, d in enumerate(data.split(","))}
"""


def same_columns(one: DataQualityResult, other: DataQualityResult) -> None:
    assert one.table.order == other.table.order
    assert one.documents() == other.documents()


def test_names_that_only_say_the_order_stand_for_the_baselines_columns(shop: Shop) -> None:
    columns = {"exclude": ["answer", "bought", "at"]}
    ours, scripted = (data_quality(shop, script, columns=columns) for script in (None, write(shop, POSITIONS)))
    same_columns(scripted, ours)
    (note,) = set(scripted.notes) - set(ours.notes)
    assert note.startswith("the record preprocessor names no column of the baseline ('00000000000000000000', …)")


def test_names_of_nobody_stand_for_as_many_columns_but_not_for_more_or_fewer(shop: Shop) -> None:
    columns = {"exclude": ["answer", "bought", "at"]}
    text = POSITIONS.replace("str(i).zfill(20)", "f'_c{i}'")
    same_columns(data_quality(shop, write(shop, text), columns=columns), data_quality(shop, None, columns=columns))
    more = text.replace("    return {", "    data += ',1,2,3,4,5,6'\n    return {")
    assert [*data_quality(shop, write(shop, more), columns=columns).table.order] == [f"_c{i}" for i in range(10)]


def test_positions_of_a_batch_folder_are_the_baselines_columns(shop: Shop) -> None:
    columns = {"exclude": ["answer", "score", "bought", "at"]}
    rows = [line.split(",")[3:6] for line in (shop.root / "training.csv").read_text().splitlines()[1:601]]
    for name, header in (("plain", "x,y,plan\n"), ("bare", "")):
        (shop.root / f"{name}.csv").write_text(header + "".join(f"{','.join(row)}\n" for row in rows))
    text = "def preprocess_handler(line):\n    return {str(i).zfill(20): d for i, d in enumerate(line.split(','))}\n"
    batch = {"batch": {"dataURI": "pvc://shop/bare.csv", "csv": {"header": False}}}
    scripted = data_quality(shop, None, columns=columns, input=batch | {"recordPreprocessor": write(shop, text)})
    plain = data_quality(shop, None, columns=columns, input={"batch": {"dataURI": "pvc://shop/plain.csv"}})
    same_columns(scripted, plain)
    text = text.replace("line.split(',')", "['', *line.split(',')[1:]]")
    found = data_quality(shop, None, columns=columns, input=batch | {"recordPreprocessor": write(shop, text)})
    (offenders,) = found.offenders.values()
    assert offenders.total == 600
    assert all(re.fullmatch(r"pvc://shop/bare\.csv:[1-9][0-9]*", each) for each in offenders.ids)


def test_labels_are_joined_with_what_goes_by_position(shop: Shop) -> None:
    plain = shop.baseline()
    judged = shop.judge(plain, 20)
    source = {"endpoint": {"captureURI": "pvc://shop/capture"}, "recordPreprocessor": write(shop, POSITIONS)}
    scripted = shop.judge(plain, 20, monitor=shop.monitor(input=source))
    assert scripted.coverage == judged.coverage
    assert scripted.measured["auc"].value == judged.measured["auc"].value


def test_a_sample_is_the_same_in_each_run(shop: Shop) -> None:
    text = "import random\n" + SPLIT.replace(
        "    return {", "    if random.random() > 0.5:\n        return []\n    return {"
    )
    first, second = (data_quality(shop, write(shop, text)) for _ in range(2))
    assert 200 < first.report.dropped < 400
    assert first.documents() == second.documents()


def test_rows_that_a_violation_is_about_are_named_by_their_events(shop: Shop) -> None:
    gone = SPLIT.replace("    return {", "    x = '' if plan == 'b' else x\n    return {")
    result = data_quality(shop, write(shop, gone))
    (finding,) = [each for each in result.findings if each.violated and each.check == "completeness_check"]
    found = result.offenders[finding.key]
    missing = [event for event, plan in events(shop) if plan == "b"]
    assert found.total == len(missing)
    assert set(found.ids) < set(missing)
    twice = gone.replace("return {", "return 2 * [{").replace("data}", "data}]")
    found = data_quality(shop, write(shop, twice)).offenders[finding.key]
    assert found.total == 2 * len(missing)
    assert set(found.ids) < {f"{event}[{place}]" for event in missing for place in range(2)}


def events(shop: Shop) -> list[tuple[str, str]]:
    """Id and plan of each captured event."""
    lines = [line for path in sorted(shop.root.glob("capture/**/*.jsonl")) for line in path.read_text().splitlines()]
    found = [json.loads(line) for line in lines]
    return [
        (event["eventMetadata"]["eventId"], event["captureData"]["endpointInput"]["data"].split(",")[2])
        for event in found
    ]


def test_rows_may_be_dropped_and_are_counted(shop: Shop) -> None:
    text = SPLIT.replace("    return {", "    if plan == 'b':\n        return []\n    return {")
    result = data_quality(shop, write(shop, text))
    dropped = result.report.dropped
    assert 200 < dropped < 400
    assert result.table.rows == 600 - dropped
    assert f"{dropped:,} records were left out by the record preprocessor" in result.notes


def test_records_that_it_fails_on_are_unreadable_and_too_many_fail_the_run(shop: Shop) -> None:
    check = "    if float(x) < -1.5:\n        raise ValueError('too cold')\n"
    some = SPLIT.replace("    return {", f"{check}    return {{")
    result = data_quality(shop, write(shop, some))
    assert 0 < result.report.unreadable < 100
    sample = result.report.samples[0]
    assert sample.reason == (
        "preprocess.py line 5 in preprocess_handler: ValueError: too cold: raise ValueError('too cold')"
    )
    assert sample.text.startswith("event event-order-")
    few = f"{check}    if float(x) > -1.4:\n        return []\n    return {{"
    assert (
        data_quality(shop, write(shop, SPLIT.replace("    return {", few))).report.unreadable
        == result.report.unreadable
    )
    every = "def preprocess_handler(record):\n    return record.nothing\n"
    with pytest.raises(InputError, match=r"preprocess.py line 2 in preprocess_handler: AttributeError"):
        data_quality(shop, write(shop, every))
    with pytest.raises(InputError, match=r"no row came of the record preprocessor: it left out 600 records; let it"):
        data_quality(shop, write(shop, "def preprocess_handler(record):\n    return []\n"))


def test_labels_are_joined_with_what_a_script_made(shop: Shop) -> None:
    plain = shop.baseline()
    judged = shop.judge(plain, 20)
    script = write(shop, SPLIT)
    source = {"endpoint": {"captureURI": "pvc://shop/capture"}, "recordPreprocessor": script}
    scripted = shop.judge(plain, 20, monitor=shop.monitor(input=source))
    assert scripted.coverage == judged.coverage
    assert scripted.measured["auc"].value == judged.measured["auc"].value


def test_a_baselines_lines_are_preprocessed(shop: Shop) -> None:
    text = (
        "NAMES = 'answer,score,bought,x,y,plan,at'.split(',')\n"
        "def preprocess_handler(line):\n"
        "    row = dict(zip(NAMES, line.split(',')))\n"
        "    return {name: row[name] for name in ('x', 'y', 'plan')}\n"
    )
    dataset = {"uri": "pvc://shop/training.csv", "recordPreprocessor": write(shop, text)}
    files = shop.baseline(monitoringType="DataQuality", modelQuality=None, columns={}, dataset=dataset)
    plain = shop.baseline(monitoringType="DataQuality", modelQuality=None, columns=COLUMNS)
    assert (files.record_count, files.column_count) == (plain.record_count, 3)


def test_a_missing_script_is_said(shop: Shop) -> None:
    with pytest.raises(InputError, match=r"pvc://shop/nothing.py"):
        data_quality(shop, {"uri": "pvc://shop/nothing.py"})


def performed(shop: Shop, output: Path, post: str | None = None, **changes: Any) -> Path:
    """The results folder of a run on the shop's day 20 whose scripts have `output`."""
    processor = {"postAnalyticsProcessor": write(shop, post, "postprocess.py")} if post is not None else {}
    start, files = START + 20 * DAY, shop.baseline()
    due = Occasion(start + DAY, Window(start, start + DAY), start + DAY)
    run = MonitorRun(shop.monitor(**processor, **changes), "shop", files, due, "e", output)
    perform_monitor(run, started_status(NOW), shop.storage, lambda: NOW)
    return shop.root / run.folder.removeprefix("pvc://shop/")


def test_a_postprocessor_sees_the_results_and_adds_to_them(shop: Shop, tmp_path: Path) -> None:
    output = tmp_path / "opt"
    text = (
        "import json, pathlib\n"
        f"folder = pathlib.Path({str(output)!r})\n"
        "def postprocess_handler():\n"
        "    found = json.loads((folder / 'constraint_violations.json').read_text())\n"
        "    (folder / 'more').mkdir()\n"
        "    (folder / 'more' / 'count.txt').write_text(str(len(found['violations'])))\n"
    )
    folder = performed(shop, output, text)
    assert (folder / "more" / "count.txt").read_text() == "0"
    assert json.loads((folder / "execution.json").read_text())["metadata"]["name"] == "e"
    assert not list(output.iterdir())


def test_changed_violations_have_the_digest_that_is_told_and_the_record_stays_ours(shop: Shop, tmp_path: Path) -> None:
    output = tmp_path / "opt"
    text = (
        "import pathlib\n"
        f"folder = pathlib.Path({str(output)!r})\n"
        "def postprocess_handler():\n"
        "    for name in ('constraint_violations.json', 'execution.json'):\n"
        "        (folder / name).write_text('{}')\n"
    )
    folder = performed(shop, output, text)
    assert (folder / "constraint_violations.json").read_bytes() == b"{}"
    told = json.loads((folder / "execution.json").read_text())
    assert told["status"]["reportSha256"] == sha256(b"{}").hexdigest()


def test_a_postprocessor_that_fails_fails_the_run_and_nothing_is_written(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"postprocess.py line 2 in postprocess_handler: ZeroDivisionError"):
        performed(shop, tmp_path / "opt", "def postprocess_handler():\n    1 / 0\n")
    assert not (shop.root / "reports").exists()
    assert not [*(tmp_path / "opt").iterdir()]


def test_a_postprocessor_that_is_not_there_is_said_before_the_window_is_read(shop: Shop, tmp_path: Path) -> None:
    missing = {"uri": "pvc://shop/nothing.py"}
    nowhere = {"endpoint": {"captureURI": "pvc://shop/nowhere"}}
    with pytest.raises(InputError, match=r"pvc://shop/nothing.py does not exist"):
        performed(shop, tmp_path / "opt", postAnalyticsProcessor=missing, input=nowhere)


def test_a_folder_that_is_in_use_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    output = tmp_path / "opt"
    output.mkdir()
    (output / "mine.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="is not empty"):
        performed(shop, output, "def postprocess_handler(): pass\n")
    folder = performed(shop, output, input=preprocessed(shop, SPLIT))
    assert [path.name for path in output.iterdir()] == ["mine.txt"]
    assert not (folder / "mine.txt").exists()


def test_what_a_preprocessor_writes_beside_its_rows_is_kept_with_the_results(shop: Shop, tmp_path: Path) -> None:
    output = tmp_path / "opt"
    output.mkdir()
    log = (
        f"    with open({str(output / 'record.log')!r}, 'a') as log:\n"
        "        log.write(inference_record.event_metadata.event_id + '\\n')\n"
        f"    open({str(output / 'execution.json')!r}, 'w').close()\n"
        "    return {"
    )
    source = preprocessed(shop, SPLIT.replace("    return {", log))
    post = (
        f"import pathlib\nfolder = pathlib.Path({str(output)!r})\n"
        "def postprocess_handler():\n"
        "    (folder / 'lines.txt').write_text(str(len((folder / 'record.log').read_text().splitlines())))\n"
    )
    for script in (None, post):
        folder = performed(shop, output, script, input=source)
        assert len((folder / "record.log").read_text().splitlines()) == 600
        assert json.loads((folder / "execution.json").read_text())["metadata"]["name"] == "e"
        assert not [*output.iterdir()]
    assert (folder / "lines.txt").read_text() == "600"


def preprocessed(shop: Shop, text: str) -> dict[str, Any]:
    """The shop's traffic with a preprocessor."""
    return {"endpoint": {"captureURI": "pvc://shop/capture"}, "recordPreprocessor": write(shop, text)}

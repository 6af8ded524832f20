"""A record preprocessor that does what we do changes nothing, whatever is monitored."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.runs.result import Result
from tests.unit.jobs.runs.bias_shop import BiasShop
from tests.unit.jobs.runs.explained_shop import ExplainedShop, model
from tests.unit.jobs.runs.shop import Shop
from tests.unit.jobs.runs.test_scripts_in_runs import POSITIONS, SPLIT, preprocessed

SCRIPTS = pytest.mark.parametrize("script", [SPLIT, POSITIONS], ids=["names", "positions"])


def same(scripted: Result, plain: Result) -> None:
    assert scripted.documents() == plain.documents()
    assert scripted.status_fields() == plain.status_fields()
    assert scripted.rows == plain.rows > 0


@SCRIPTS
def test_model_quality(tmp_path: Path, script: str) -> None:
    shop = Shop(tmp_path)
    shop.write_training()
    shop.write_day(20, wrong=0.3)
    files = shop.baseline()
    same(shop.judge(files, 20, monitor=shop.monitor(input=preprocessed(shop, script))), shop.judge(files, 20))


@SCRIPTS
def test_bias(tmp_path: Path, script: str) -> None:
    shop = BiasShop(tmp_path, unfair=0.4)
    shop.write_training()
    shop.write_day(20)
    files = shop.baseline()
    plain = shop.judge_bias(files, 20)
    same(shop.judge_bias(files, 20, shop.bias_monitor(input=preprocessed(shop, script))), plain)
    assert plain.violations


def test_attributions(tmp_path: Path) -> None:
    with model() as server:
        shop = ExplainedShop(tmp_path, url=server.url, scale=0.1)
        shop.write_training(days=14, a_day=100)
        shop.write_day(20, 200)
        files = shop.baseline()
        plain = shop.explain(files, 20)
        # The baseline is of features alone.
        for script in (SPLIT, POSITIONS.replace('output_data + "," + input_data', "input_data")):
            same(shop.explain(files, 20, shop.explaining(input=preprocessed(shop, script))), plain)
        # With the answer there is one value too many: whose is it?
        with pytest.raises(InputError, match=r"gives 4 values without names .* of which there are 3 \(x, y, plan\)"):
            shop.explain(files, 20, shop.explaining(input=preprocessed(shop, POSITIONS)))
    assert plain.violations


LINES = """
NAMES = "answer,score,bought,x,y,plan,at".split(",")
def preprocess_handler(line):
    return dict(zip(NAMES, line.split(",")))
"""


@pytest.mark.parametrize("kind", [Shop, BiasShop])
def test_a_baseline(tmp_path: Path, kind: type[Shop]) -> None:
    shop = kind(tmp_path)
    shop.write_training(days=14, a_day=100)
    plain = shop.baseline()
    (tmp_path / "lines.py").write_text(LINES)
    dataset = {"uri": "pvc://shop/training.csv", "recordPreprocessor": {"uri": "pvc://shop/lines.py"}}
    scripted = shop.baseline(dataset=dataset)
    assert scripted.constraints_sha256 == plain.constraints_sha256
    assert (scripted.record_count, scripted.column_count) == (plain.record_count, plain.column_count)

"""A model that is a function in the user's image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.models.callable import CallableModel

SOURCE = """
import numpy as np

number = 3

def total(rows):
    return rows.column("a").to_numpy() + rows.column("b").to_numpy()

class Model:
    def predict(self, rows):
        return [[value, 1 - value] for value in rows.column("a").to_pylist()]

model = Model()
sizes = []

def counting(rows):
    sizes.append(rows.num_rows)
    return np.zeros(rows.num_rows)

def short(rows):
    return [1.0]

def undefined(rows):
    return np.where(rows.column("a").to_numpy() == 2, np.nan, 0.0)

def failing(rows):
    raise KeyError("b")

def words(rows):
    return ["high"] * rows.num_rows
"""
ROWS = pa.RecordBatch.from_pydict({"a": [0.0, 1.0, 2.0], "b": [1.0, 1.0, 1.0]})


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "users_model.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "users_model", raising=False)


def test_a_function_of_a_module_answers() -> None:
    assert CallableModel.load("users_model:total").predict(ROWS).tolist() == [[1.0], [2.0], [3.0]]


def test_a_method_of_an_object_answers_several_outputs() -> None:
    assert CallableModel.load("users_model:model.predict").predict(ROWS).tolist() == [[0, 1], [1, 0], [2, -1]]


def test_many_rows_come_in_parts() -> None:
    import users_model  # type: ignore[import-not-found]

    assert CallableModel(users_model.counting, "m:f", records=2).predict(ROWS).shape == (3, 1)
    assert users_model.sizes == [2, 1]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("users_model", "not of the form module:name"),
        ("users_model:", "not of the form module:name"),
        ("no_such_module:total", "No module named 'no_such_module'.*PYTHONPATH"),
        ("users_model:nothing", "no attribute 'nothing'"),
        ("users_model:number", "is a int, which can't be called"),
    ],
)
def test_a_reference_that_leads_nowhere_is_said(reference: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        CallableModel.load(reference)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("short", r"3 records were asked for, the answer has 1 x 1 values"),
        ("undefined", "nan is the answer to record 2"),
        ("failing", "raised KeyError: 'b'"),
        ("words", "raised ValueError"),
    ],
)
def test_a_function_that_fails_is_named_with_its_records(function: str, words: str) -> None:
    with pytest.raises(InputError, match=rf"users_model:{function} \(records 0 to 2\).*{words}"):
        CallableModel.load(f"users_model:{function}").predict(ROWS)
    assert np.isfinite(CallableModel.load("users_model:total").predict(ROWS)).all()

"""statistics.json of older and newer containers, and of other writers, is read; what is unsound in it is refused."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.table import profile
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import FeatureStatistics, read_statistics, statistics_document

COMMON = {"num_present": 3, "num_missing": 1}
SKETCH = {"parameters": {"c": 0.64, "k": 2048.0}, "data": [[1.0], [3.0]]}


def feature(**parts: Any) -> dict[str, Any]:
    return {"name": "f", "inferred_type": "Integral"} | parts


def numbers(**parts: Any) -> dict[str, Any]:
    return feature(numerical_statistics={"common": COMMON} | parts)


def kll(sketch: Any, **parts: Any) -> dict[str, Any]:
    return numbers(distribution={"kll": {"buckets": [], "sketch": sketch}}, **parts)


def read(described: dict[str, Any], text: str | None = None) -> FeatureStatistics:
    document = {"version": 0.0, "dataset": {"item_count": 4}, "features": [described]}
    content = text if text is not None else json.dumps(document)
    return read_statistics(content.encode(), "statistics.json").features[0]


def refused(described: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        read(described)
    return str(caught.value).removeprefix("statistics.json: features[0].numerical_statistics.")


@pytest.mark.parametrize(
    "described",
    [
        numbers(mean=1.0, sum=3.0, std_dev=0.0, min=1.0, max=1.0),
        numbers(mean=1, approximate_num_distinct_values=2, completeness=0.75),
        numbers(mean=None, distribution=None),
        numbers(distribution={}),
        numbers(distribution={"kll": None}),
        numbers(distribution={"kll": {"buckets": [{"lower_bound": 1, "upper_bound": 2, "count": 3}]}}),
        kll(None),
        kll({}),
        kll({"parameters": {"c": 0.64, "k": 2048.0}}),
        kll({"parameters": {"c": 0.64, "k": 2048.0}, "data": []}),
        kll({"parameters": {"c": 0.64, "k": 2048.0}, "data": [[], []]}),
        feature(string_statistics={"common": COMMON, "distinct_count": 2}),
        feature(string_statistics={"common": COMMON, "distribution": {"categorical": {}}}),
        feature(string_statistics={"common": COMMON, "distribution": {}}),
    ],
)
def test_statistics_with_less_in_them_are_read(described: dict[str, Any]) -> None:
    made = read(described)
    assert (made.common.num_present, made.common.num_missing) == (3, 1)
    assert made.sketch is None
    assert not made.categories


def test_a_feature_may_have_no_statistics() -> None:
    for described in (feature(), feature(numerical_statistics=None, string_statistics=None)):
        made = read(described)
        assert (made.common.num_present, made.common.num_missing, made.sketch, made.span) == (0, 0, None, None)


def test_whole_numbers_and_fractions_may_stand_for_each_other() -> None:
    common = {"num_present": 3.0, "num_missing": 0.0}
    sketch = {"parameters": {"c": 1, "k": 4}, "data": [[1, 2.5]]}
    made = read(
        feature(
            numerical_statistics={"common": common, "min": 1, "max": 3, "distribution": {"kll": {"sketch": sketch}}}
        )
    )
    assert made.common.num_present == 3
    assert made.span == (1.0, 3.0)
    assert made.sketch is not None
    assert (made.sketch.size, made.sketch.count) == (4, 2)
    counts = {"categorical": {"buckets": [{"value": "a", "count": 2.0}, {"value": "b", "count": 0}]}}
    assert read(feature(string_statistics={"common": common, "distribution": counts})).categories == {"a": 2}


def test_levels_weigh_twice_as_much_as_the_one_before() -> None:
    made = read(kll(SKETCH))
    assert made.sketch is not None
    assert made.sketch.count == 3
    values, weights = made.sketch.weighted()
    assert (values.tolist(), weights.tolist()) == ([1.0, 3.0], [1, 2])
    assert made.span == (1.0, 3.0)


def test_statistics_that_are_no_numbers_are_read_over() -> None:
    """SageMaker writes "NaN" where there is none, others the bare word that JSON does not have."""
    for value in ("NaN", float("nan")):
        made = read(kll(SKETCH, min=value, max=value, mean=value))
        assert made.span == (1.0, 3.0)


FINITE = "expected a number that is neither NaN nor infinite, found"


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("parameters", {"k": 0}, "parameters.k: expected a number of at least 1, found 0"),
        ("parameters", {"k": float("inf")}, f"parameters.k: {FINITE} Infinity"),
        ("data", [[1.0], [2.0, float("nan")]], f"data[1][1]: {FINITE} NaN"),
        ("data", [[1.0, "many"]], f'data[0][1]: {FINITE} "many"'),
        ("data", [["1_0"]], f'data[0][0]: {FINITE} "1_0"'),
        ("data", [[1.0, None]], f"data[0][1]: {FINITE} null"),
        ("data", [[[1.0], [2.0]]], f"data[0][0]: {FINITE} [1.0]"),
        ("data", [[1.0, 10**400]], f"data[0][1]: {FINITE} 1000"),
        ("data", [1.0], "data[0]: expected a list of numbers in [ ], found 1.0"),
        ("data", [[]] * 61, "data: expected a list of at most 60 levels in [ ], found [[], "),
        ("data", {}, "data: expected a list of at most 60 levels in [ ], found {}"),
    ],
)
def test_unsound_sketches_are_refused(part: str, value: Any, said: str) -> None:
    assert refused(kll(SKETCH | {part: value})).startswith(f"distribution.kll.sketch.{said}")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"common": COMMON | {"num_present": -1}}, "common.num_present: expected a number of at least 0, found -1"),
        ({"common": COMMON | {"num_present": 1.5}}, "common.num_present: expected a whole number, found 1.5"),
        ({"mean": "much"}, 'mean: expected a number, found "much"'),
    ],
)
def test_unsound_statistics_are_refused(parts: dict[str, Any], said: str) -> None:
    assert refused(numbers(**parts)).startswith(said)


def test_a_name_stands_once() -> None:
    document = {"dataset": {"item_count": 4}, "features": [feature(), feature()]}
    with pytest.raises(InputError, match=r'features\[1\].name: "f" stands there again, after features\[0\]'):
        read_statistics(json.dumps(document).encode(), "statistics.json")


def test_distributions_are_written_below_120_distinct_values_only() -> None:
    for distinct in (119, 120):
        texts = pa.array([f"v{index:03}" for index in range(distinct)] * 2)
        table = profile([pa.record_batch({"f": texts})])
        (written,) = statistics_document(table)["features"]
        statistics = written["string_statistics"]
        assert statistics["distinct_count"] == float(distinct)
        assert ("distribution" in statistics) is (distinct < 120)


def test_what_we_write_is_in_sagemakers_schema() -> None:
    """Population deviation, ten buckets of equal width of which only the last is closed, floats where SageMaker has."""
    values = pa.array(["0", "1", "2", "3", "4", "5", "6", "7", "8", "10", None])
    table = profile([pa.record_batch({"f": values, "g": pa.array(["a"] * 6 + ["b"] * 4 + [None])})])
    document = json.loads(to_json(statistics_document(table)))
    f, g = document["features"]
    statistics = f["numerical_statistics"]
    sketch = statistics.pop("distribution")["kll"]
    assert statistics == {
        "common": {"num_present": 10, "num_missing": 1},
        "mean": 4.6,
        "sum": 46.0,
        "std_dev": pytest.approx(float(np.std([0, 1, 2, 3, 4, 5, 6, 7, 8, 10])), rel=1e-14),
        "min": 0.0,
        "max": 10.0,
        "approximate_num_distinct_values": 10,
        "completeness": 10 / 11,
    }
    assert [bucket["count"] for bucket in sketch["buckets"]] == [1.0] * 9 + [1.0]
    assert [bucket["lower_bound"] for bucket in sketch["buckets"]] == [float(edge) for edge in range(10)]
    assert sketch["buckets"][-1]["upper_bound"] == 10.0
    assert sketch["sketch"]["parameters"] == {"c": 0.64, "k": 2048.0}
    assert sorted(sketch["sketch"]["data"][0]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert g == {
        "name": "g",
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": 10, "num_missing": 1},
            "distinct_count": 2.0,
            "completeness": 10 / 11,
            "distribution": {"categorical": {"buckets": [{"value": "a", "count": 6}, {"value": "b", "count": 4}]}},
        },
    }


def test_two_thousand_features_are_read_in_a_moment() -> None:
    """The bound is several times what it takes, so that only a loop over single values breaks it."""
    random = np.random.default_rng(5)
    data = [random.normal(size=283).tolist(), random.normal(size=1025).tolist()]
    one = json.dumps(kll(SKETCH | {"data": data}) | {"name": "f#"})
    features = ",".join(one.replace("f#", f"f{index}") for index in range(2_000))
    content = f'{{"dataset": {{"item_count": 2333}}, "features": [{features}]}}'.encode()
    before = time.process_time()
    sketches = [feature.sketch for feature in read_statistics(content, "statistics.json").features]
    taken = time.process_time() - before
    print(f"{len(content) / 1e6:.0f} MB in {taken:.2f} s of processor time")
    assert all(sketch is not None and sketch.count == 2_333 for sketch in sketches)
    assert taken < 5

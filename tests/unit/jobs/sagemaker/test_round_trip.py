"""Reading a file, changing what we know in it, and writing it again loses nothing that we do not know."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.sagemaker.constraints import MonitoringConfig, read_constraints
from model_monitor_jobs.sagemaker.documents import to_document, to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda parts: st.lists(parts, max_size=2) | st.dictionaries(st.text(), parts, max_size=2),
    max_leaves=4,
)
UNKNOWN = st.dictionaries(st.sampled_from(["x_note", "x_owner", "_completeness", "x-2"]), ANYTHING, max_size=2)
SHARE = st.floats(0, 1) | st.just(1)
SWITCH = st.sampled_from(["Enabled", "Disabled"])
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 10**9)


def whole(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with all of the required fields, some of the others, and unknown ones."""
    known = st.fixed_dictionaries(required, optional=optional)
    return st.tuples(known, UNKNOWN).map(lambda parts: parts[0] | parts[1])


def some_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of the fields, and with unknown ones."""
    return whole({}, **fields)


CONFIG = some_of(
    evaluate_constraints=SWITCH,
    emit_metrics=SWITCH,
    datatype_check_threshold=SHARE,
    domain_content_threshold=SHARE,
    distribution_constraints=some_of(
        perform_comparison=SWITCH,
        comparison_threshold=st.floats(0, 9),
        comparison_method=st.sampled_from(["Simple", "Robust", "linf_simple", "linf_robust"]),
        categorical_comparison_threshold=st.floats(0, 9),
        categorical_drift_method=st.sampled_from(["LInfinity", "ChiSquared"]),
    ),
)
KIND = st.sampled_from(["Integral", "Fractional", "String", "Unknown"])
LIMITS = whole(
    {"inferred_type": KIND},
    completeness=SHARE,
    num_constraints=some_of(is_non_negative=st.booleans(), monitoring_config_overrides=CONFIG) | st.none(),
    string_constraints=some_of(domains=st.lists(st.text(), max_size=3), monitoring_config_overrides=CONFIG),
    monitoringConfigOverrides=CONFIG,
    monitoring_config_overrides=CONFIG,
)
SKETCH = some_of(
    parameters=whole({"c": st.just(0.64)}, k=st.sampled_from([2048, 2048.0, 8.0])),
    data=st.lists(st.lists(NUMBER | st.integers(-9, 9), max_size=3), max_size=3),
)
BUCKET = whole({"lower_bound": NUMBER, "upper_bound": NUMBER, "count": COUNT | COUNT.map(float)})
STATISTICS_OF_NUMBERS = whole(
    {"common": whole({"num_present": COUNT, "num_missing": COUNT})},
    **dict.fromkeys(("mean", "sum", "std_dev", "min", "max"), NUMBER | st.just("NaN")),
    approximate_num_distinct_values=COUNT,
    completeness=SHARE,
    distribution=some_of(kll=some_of(buckets=st.lists(BUCKET, max_size=2), sketch=SKETCH | st.none())),
)
CATEGORY = whole({"value": st.text(), "count": COUNT})
STATISTICS_OF_TEXTS = whole(
    {"common": whole({"num_present": COUNT, "num_missing": COUNT})},
    distinct_count=st.floats(0, 1e6),
    distribution=some_of(categorical=some_of(buckets=st.lists(CATEGORY, max_size=3))),
)
DESCRIBED = whole(
    {"inferred_type": KIND}, numerical_statistics=STATISTICS_OF_NUMBERS, string_statistics=STATISTICS_OF_TEXTS
)


def named(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": f"f{index}"} | feature for index, feature in enumerate(features)]


@given(st.lists(LIMITS, max_size=3).map(named), CONFIG | st.none(), UNKNOWN)
@settings(max_examples=60, deadline=None)
def test_constraints(features: list[dict[str, Any]], config: dict[str, Any] | None, unknown: dict[str, Any]) -> None:
    document = {"version": 0.0, "features": features} | unknown
    if config is not None:
        document["monitoring_config"] = config
    constraints = read_constraints(json.dumps(document).encode(), "constraints.json")
    assert json.loads(to_json(to_document(constraints))) == document
    if not features:
        return
    off = MonitoringConfig(evaluate_constraints="Disabled")
    first = constraints.features[0].model_copy(update={"documented_overrides": off})
    changed = constraints.model_copy(update={"features": [first, *constraints.features[1:]]})
    written = to_json(to_document(changed))
    features[0]["monitoringConfigOverrides"] = {"evaluate_constraints": "Disabled"}
    assert json.loads(written) == document
    again = read_constraints(written, "constraints.json")
    assert again.config(again.features[0]).evaluate_constraints == "Disabled"


@given(st.lists(DESCRIBED, max_size=2).map(named), UNKNOWN)
@settings(max_examples=60, deadline=None)
def test_statistics(features: list[dict[str, Any]], unknown: dict[str, Any]) -> None:
    document = {"version": 0.0, "dataset": {"item_count": 7} | unknown, "features": features} | unknown
    statistics = read_statistics(json.dumps(document).encode(), "statistics.json")
    assert json.loads(to_json(to_document(statistics))) == document

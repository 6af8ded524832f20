"""Whatever is in a file, it is read, or refused in words that name it: no other error comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.constraints import Constraints, read_constraints
from model_monitor_jobs.sagemaker.documents import to_document, to_json
from model_monitor_jobs.sagemaker.statistics import Statistics, read_statistics

COMMON = {"num_present": 3, "num_missing": 1}
SKETCH = {"parameters": {"c": 0.64, "k": 2048.0}, "data": [[1.0], [3.0]]}
BUCKETS = {"categorical": {"buckets": [{"value": "a", "count": 3}]}}
NUMBERS = {"common": COMMON, "min": 1.0, "max": 3.0, "distribution": {"kll": {"buckets": [], "sketch": SKETCH}}}
STATISTICS: dict[str, Any] = {
    "version": 0.0,
    "dataset": {"item_count": 4},
    "features": [
        {"name": "f", "inferred_type": "Integral", "numerical_statistics": NUMBERS},
        {"name": "g", "inferred_type": "String", "string_statistics": {"common": COMMON, "distribution": BUCKETS}},
    ],
}
CONFIG = {"emit_metrics": "Enabled", "distribution_constraints": {"comparison_threshold": 0.1}}
CONSTRAINTS: dict[str, Any] = {
    "version": 0.0,
    "features": [
        {"name": "f", "inferred_type": "Integral", "completeness": 1.0, "monitoringConfigOverrides": CONFIG},
        {"name": "g", "inferred_type": "String", "string_constraints": {"domains": ["a"]}},
    ],
    "monitoring_config": CONFIG,
}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400)
ANYTHING = st.recursive(
    SCALARS,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3),
    max_leaves=5,
)


@st.composite
def edited(draw: st.DrawFn, document: dict[str, Any]) -> bytes:
    """The document with anything in the place of one of its parts."""
    made = json.loads(json.dumps(document))
    within: Any = made
    while True:
        place = draw(st.sampled_from(list(within) if isinstance(within, dict) else range(len(within))))
        inner = within[place]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            within[place] = draw(ANYTHING)
            return json.dumps(made).encode()
        within = inner


@st.composite
def damaged(draw: st.DrawFn, document: dict[str, Any]) -> bytes:
    """The document's bytes with some of them replaced."""
    content = json.dumps(document, indent=1).encode()
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 9)))
    return content[:start] + draw(st.binary(max_size=9) | st.text(max_size=3).map(str.encode)) + content[end:]


def answered(reader: Callable[[bytes, str], Constraints | Statistics], content: bytes) -> None:
    """The file is read, and can then be used and written; or it is refused by its name."""
    try:
        made = reader(content, "the.json")
    except InputError as error:
        assert str(error).startswith("the.json: ")  # noqa: PT017 - either outcome is right
        return
    to_json(to_document(made))
    if isinstance(made, Constraints):
        Reference.of(read_statistics(json.dumps(STATISTICS).encode(), "s.json"), made)
    else:
        Reference.of(made, read_constraints(json.dumps(CONSTRAINTS).encode(), "c.json"))


@given(edited(CONSTRAINTS) | damaged(CONSTRAINTS) | st.binary(max_size=50))
@settings(deadline=None, max_examples=150)
def test_constraints(content: bytes) -> None:
    answered(read_constraints, content)


@given(edited(STATISTICS) | damaged(STATISTICS) | st.binary(max_size=50))
@settings(deadline=None, max_examples=150)
def test_statistics(content: bytes) -> None:
    answered(read_statistics, content)


@pytest.mark.parametrize(
    "content", [b'"\\ud800"', b"[" * 5_000, b'{"version": 1' + b"0" * 5_000 + b"}", b"\x00", b"nul"]
)
def test_what_parsers_stumble_over(content: bytes) -> None:
    with pytest.raises(InputError, match=r"^the.json: "):
        read_constraints(content, "the.json")
    with pytest.raises(InputError, match=r"^the.json: "):
        read_statistics(content, "the.json")

"""Values that AWS's own bias library gives on its tests' data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.checks.bias.metrics import values
from model_monitor_jobs.profiles.bias import BiasCounts, BiasProblem, Facet, Selection, decode_bias, selections
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.hashes import hash_numbers

EXACT = 1e-15
SIX_DIGITS = 1e-6


@pytest.fixture(scope="module")
def expected(conformance: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((conformance / "clarify-unit-values" / "values.json").read_text())
    return found


def measured(facets: tuple[Selection, ...], facet: list[Any], label: list[Any], answer: list[Any]) -> Any:
    """Every metric of each facet, from columns as JSON has them."""
    positive = Selection(values=(str(max(label)),))
    problem = BiasProblem(tuple(Facet("facet", selection) for selection in facets), positive)
    hashes = hash_numbers(np.arange(len(facet), dtype=np.float64))
    decoded = decode_bias(problem, {"facet": pa.array(facet)}, pa.array(label), pa.array(answer), None, hashes)
    counts = BiasCounts.empty(problem, 1)
    counts.update(decoded.rows, np.zeros(len(facet), dtype=np.int64))
    return values(counts)


def test_every_metric_of_both_sides(expected: dict[str, Any]) -> None:
    data = expected["data"]
    assert len(expected["cases"]) == 2
    for case in expected["cases"]:
        side = Selection(values=(case["sensitive_value"],))
        found = measured((side,), data["facet"], data["label"], data["predicted_label"])
        names = set(case) - {"sensitive_value"}
        assert len(names) == 18
        for name in names:
            assert found[name][0, 0] == pytest.approx(case[name], abs=EXACT, rel=0), name


@pytest.mark.parametrize("case", [0, 1])
def test_distances_pass_over_what_is_on_one_side_only(expected: dict[str, Any], case: int) -> None:
    """KL is printed with six digits."""
    given = expected["label_divergence"][case]
    found = measured((Selection(values=("true",)),), given["sensitive"], given["label"], given["label"])
    for name, value in given["expected"].items():
        within = SIX_DIGITS if name == "KL" else EXACT
        assert found[name][0, 0] == pytest.approx(value, abs=within, rel=0), name


def test_each_value_of_a_facet_against_all_others(expected: dict[str, Any]) -> None:
    given = expected["multicategory_CI_one_vs_all"]
    column = ColumnProfile.empty("facet")
    column.update(pa.array(given["facet"]))
    facets = selections(column, [], "facet")
    labels = [0, 1] * (len(given["facet"]) // 2)
    found = measured(tuple(facets), given["facet"], labels, labels)
    assert {facet.text(): float(value) for facet, value in zip(facets, found["CI"][0], strict=True)} == given[
        "expected"
    ]

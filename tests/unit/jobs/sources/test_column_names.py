"""Names that a record preprocessor gives: columns, or an order of columns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from model_monitor_jobs.scripts.process import Row
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.preprocessed import ColumnNames

NAMED = [f"feature {number}" for number in range(12)]
UNNAMED = [str(number) for number in range(12)]


def named(baseline: Sequence[str], names: Sequence[str], notes: list[str] | None = None) -> dict[str, str | None]:
    """What becomes of a row whose values are the places of their names, given as a script's process does, sorted."""
    values = {name: str(place) for place, name in enumerate(names)}
    row = Row(tuple(sorted(names)), [values[name] for name in sorted(names)])
    said: list[str] = [] if notes is None else notes
    return ColumnNames([baseline], said.append).named(row)


def in_order(columns: Sequence[str]) -> dict[str, str]:
    return {column: str(place) for place, column in enumerate(columns)}


@pytest.mark.parametrize("baseline", [NAMED, UNNAMED], ids=["named", "unnamed"])
@pytest.mark.parametrize("form", ["{:020}", "_c{}"])
def test_the_usual_names_of_positions_go_by_their_numbers(baseline: list[str], form: str) -> None:
    assert named(baseline, [form.format(number) for number in range(12)]) == in_order(baseline)


def test_positions_of_columns_without_names_are_names() -> None:
    notes: list[str] = []
    assert named(UNNAMED, ["_c11", "_c2"], notes) == {"11": "0", "2": "1"}
    assert named(UNNAMED, ["11", "2"], notes) == {"11": "0", "2": "1"}
    assert not notes


def test_a_baseline_with_sparks_names_has_them() -> None:
    columns = [f"_c{number}" for number in range(12)]
    assert named(columns, columns[::-1]) == in_order(columns[::-1])


def test_other_names_go_by_their_order_as_text_where_they_are_as_many() -> None:
    names = [f"f{number}" for number in range(12)]
    by_text = dict(zip(NAMED, (str(names.index(name)) for name in sorted(names)), strict=True))
    assert named(NAMED, names) == by_text
    assert named(NAMED, names[:5]) == in_order(names[:5])


def test_sparks_names_of_a_part_of_named_columns_are_no_order() -> None:
    notes: list[str] = []
    assert named(NAMED, ["_c3", "_c7"], notes) == {"_c3": "0", "_c7": "1"}
    assert not notes


@pytest.mark.parametrize("count", [11, 13])
def test_more_or_fewer_values_than_columns_are_nobodys(count: int) -> None:
    with pytest.raises(NotReadable, match=rf"gives {count} values .* of which there are 12 \(feature 0, feature 1, "):
        named(NAMED, [f"{number:020}" for number in range(count)])


def test_what_is_chosen_by_its_position_comes_on_top() -> None:
    names = ColumnNames([NAMED], lambda _: None, ["0"])
    row = Row(tuple(f"{number:020}" for number in range(13)), [str(number) for number in range(13)])
    assert names.cells(row) == list(row.values)

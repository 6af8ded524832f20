"""Which name each captured value gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from model_monitor_jobs.sources.selection import EVERYTHING, Selection
from model_monitor_jobs.sources.selectors import position

Cells = dict[str, str | None] | list[str | None]
"""The values of one record: with names (an object), or by position (CSV, an array)."""

Row = dict[str, str | None]
PlanKey = tuple[int, int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]

_MAXIMUM_PLANS = 1024


@dataclass(frozen=True)
class Plan:
    """The names for records of one shape: of values by position (output, then input), and of those with names.

    `chosen` are the names of outputs that were selected by their positions.
    """

    positional: tuple[str, ...]
    outputs_dropped: bool
    named_input: tuple[str, ...]
    named_output: tuple[str, ...]
    chosen: frozenset[str]


class Naming:
    """Names captured values as the baseline names its columns.

    Values with names keep them; where an input and an output have the same, the output's gets the prefix
    `output.`. Values by position take the expected names that no value with a name has, in order, OUTPUT
    before INPUT, as SageMaker lays its columns. If just the inputs are as many as all expected names, they
    take them and the outputs are dropped. A surplus is named by position: the 23rd column is `22`.
    Without expected names all are named by position. `alternatives` are other layouts that the same traffic may
    have, such as one with the columns that are not judged; the first layout that fits a record is taken.

    An output that is selected has the text of its selector as its name, and no other value has; an input that would
    gets the prefix `input.`. The expected names are then for the other values, and no output is dropped.
    """

    def __init__(
        self,
        expected: Sequence[str] | None,
        note: Callable[[str], None],
        alternatives: Sequence[Sequence[str]] = (),
        selection: Selection = EVERYTHING,
        seen: Callable[[Iterable[str]], None] | None = None,
    ) -> None:
        """`note` takes remarks; `seen`, where given, the names of all columns that there are."""
        self._layouts = tuple(tuple(layout) for layout in (expected or (), *alternatives))
        self._note = note
        self._selected = frozenset(selection.outputs.values())
        self._positions = frozenset(text for text in self._selected if position(text) is not None)
        self._wanted = selection.wanted
        self._seen = seen
        self._plans: dict[PlanKey, Plan] = {}

    def expects(self, name: str) -> bool:
        """Whether a layout has this name."""
        return any(name in layout for layout in self._layouts)

    def row(self, inputs: Cells | None, outputs: Cells | None, found: Mapping[str, str | None] = {}) -> Row:
        """One record's values by name; `found` are outputs that were found by their selectors' paths."""
        in_values, in_named = _split(inputs)
        out_values, out_named = _split(outputs)
        plan = self.plan(len(in_values), len(out_values), tuple(in_named), tuple(out_named), tuple(found))
        values = in_values if plan.outputs_dropped else [*out_values, *in_values]
        row = dict(zip(plan.positional, values, strict=True))
        row.update(zip(plan.named_input, in_named.values(), strict=True))
        row.update(zip(plan.named_output, out_named.values(), strict=True))
        row.update(found)
        return row if self._wanted is None else {name: row[name] for name in row if name in self._wanted}

    def plan(
        self,
        inputs: int,
        outputs: int,
        named_input: tuple[str, ...] = (),
        named_output: tuple[str, ...] = (),
        found: tuple[str, ...] = (),
    ) -> Plan:
        """The names for so many values by position and these names."""
        key = (inputs, outputs, named_input, named_output, found)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MAXIMUM_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._make(*key)
            if self._seen is not None:
                self._seen((*plan.positional, *plan.named_input, *plan.named_output, *found))
        return plan

    def _make(
        self,
        inputs: int,
        outputs: int,
        named_input: tuple[str, ...],
        named_output: tuple[str, ...],
        found: tuple[str, ...],
    ) -> Plan:
        by_position = {index for index in range(outputs) if str(index) in self._positions}
        own = (name for name in named_output if name in self._selected)
        reserved = {*self._positions, *found, *own}
        expected = self._layout(inputs, outputs - len(by_position), {*named_input, *named_output} | reserved)
        expected = tuple(name for name in expected if name not in reserved)
        remaining = [name for name in expected if name not in named_input and name not in named_output]
        others = outputs - len(by_position)
        inputs_alone = others + inputs != len(remaining) and inputs == len(expected) > 0
        dropped = bool(outputs) and inputs_alone and not self._selected
        if inputs_alone:
            remaining = list(expected)
        if dropped:
            self._note(
                f"the {outputs} output values of a record are left out: "
                f"its {inputs} input values alone are as many as the baseline's columns"
            )
        taken = set(reserved)
        input_names = tuple(_free(name, taken, "input.") for name in named_input)
        if not inputs_alone:
            taken.update(named_output)
        names = iter(remaining)
        positional = []
        for index in range(0 if not dropped else outputs, outputs + inputs):
            place = index - outputs if dropped else index
            if index in by_position:
                positional.append(str(index))
                continue
            surplus = str(len(expected) + place - len(remaining))
            is_left_over = inputs_alone and index < outputs
            name = str(index) if is_left_over else next(names, surplus)
            positional.append(_free(name, taken, "position."))
        taken = {*input_names, *positional, *found}
        output_names = tuple(_free(name, taken, "output.") for name in named_output)
        return Plan(tuple(positional), dropped, input_names, output_names, frozenset(map(str, by_position)))

    def _layout(self, inputs: int, outputs: int, named: set[str]) -> tuple[str, ...]:
        for layout in self._layouts:
            if inputs + outputs == sum(name not in named for name in layout):
                return layout
        return next((layout for layout in self._layouts if inputs == len(layout)), self._layouts[0])


def _split(cells: Cells | None) -> tuple[list[str | None], dict[str, str | None]]:
    if isinstance(cells, dict):
        return [], cells
    return cells or [], {}


def _free(name: str, taken: set[str], prefix: str) -> str:
    while name in taken:
        name = prefix + name
    taken.add(name)
    return name

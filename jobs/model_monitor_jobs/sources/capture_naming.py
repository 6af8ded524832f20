"""Which name each captured value gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Cells = dict[str, str | None] | list[str | None]
"""The values of one record: with names (an object), or by position (CSV, an array)."""

_MAXIMUM_PLANS = 1024


@dataclass(frozen=True)
class Plan:
    """The names for records of one shape: of values by position (output, then input), and of those with names."""

    positional: tuple[str, ...]
    outputs_dropped: bool
    named_input: tuple[str, ...]
    named_output: tuple[str, ...]


class Naming:
    """Names captured values as the baseline names its columns.

    Values with names keep them; where an input and an output have the same, the output's gets the prefix
    `output.`. Values by position take the expected names that no value with a name has, in order, OUTPUT
    before INPUT, as SageMaker lays its columns. If just the inputs are as many as all expected names, they
    take them and the outputs are dropped. A surplus is named by position: the 23rd column is `22`.
    Without expected names all are named by position. `alternatives` are other layouts that the same traffic may
    have, such as one with the columns that are not judged; the first layout that fits a record is taken.
    """

    def __init__(
        self,
        expected: Sequence[str] | None,
        note: Callable[[str], None],
        alternatives: Sequence[Sequence[str]] = (),
    ) -> None:
        self._layouts = tuple(tuple(layout) for layout in (expected or (), *alternatives))
        self._note = note
        self._plans: dict[tuple[int, int, tuple[str, ...], tuple[str, ...]], Plan] = {}

    def row(self, inputs: Cells | None, outputs: Cells | None) -> dict[str, str | None]:
        """One record's values by name."""
        in_values, in_named = _split(inputs)
        out_values, out_named = _split(outputs)
        plan = self.plan(len(in_values), len(out_values), tuple(in_named), tuple(out_named))
        values = in_values if plan.outputs_dropped else [*out_values, *in_values]
        row = dict(zip(plan.positional, values, strict=True))
        row.update(zip(plan.named_input, in_named.values(), strict=True))
        row.update(zip(plan.named_output, out_named.values(), strict=True))
        return row

    def plan(
        self, inputs: int, outputs: int, named_input: tuple[str, ...] = (), named_output: tuple[str, ...] = ()
    ) -> Plan:
        """The names for so many values by position and these names."""
        key = (inputs, outputs, named_input, named_output)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MAXIMUM_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._make(*key)
        return plan

    def _make(self, inputs: int, outputs: int, named_input: tuple[str, ...], named_output: tuple[str, ...]) -> Plan:
        expected = self._layout(inputs, outputs, {*named_input, *named_output})
        remaining = [name for name in expected if name not in named_input and name not in named_output]
        inputs_alone = outputs + inputs != len(remaining) and inputs == len(expected) > 0
        if inputs_alone:
            remaining = list(expected)
            if outputs:
                self._note(
                    f"the {outputs} output values of a record are left out: "
                    f"its {inputs} input values alone are as many as the baseline's columns"
                )
        taken = set(named_input)
        if not inputs_alone:
            taken.update(named_output)
        positional = []
        for index in range(inputs if inputs_alone else outputs + inputs):
            surplus = str(len(expected) + index - len(remaining))
            name = remaining[index] if index < len(remaining) else surplus
            positional.append(_free(name, taken, "position."))
        taken = {*named_input, *positional}
        output_names = tuple(_free(name, taken, "output.") for name in named_output)
        return Plan(tuple(positional), bool(outputs) and inputs_alone, named_input, output_names)

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

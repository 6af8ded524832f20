"""What is read of each record beside its values: its id, its outputs by the names a person chose, some columns only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

RECORD_ID: Final = "\0id"
"""Column with a record's id, null where it has none. No column of data has a name that begins with this character."""
RECORD_INDEX: Final = "\0index"
"""Column (int32) with a record's place in its event, from 0; absent from batches of single records."""
RECORD_COUNT: Final = "\0count"
"""Column (int32) with the number of records of the event; likewise."""
RECORD_HASH: Final = "\0hash"
"""Column (uint64) with the hash of a record's id, or of its ordinal where it has none."""
LABEL: Final = "\0label"
"""Column with a record's label as written, null where it has none."""
LABEL_KNOWN: Final = "\0known"
"""Column (int64) of labels: when a label was known, in microseconds since 1970; absent where order alone decides."""


@dataclass(frozen=True)
class Selection:
    """Which columns a stream has.

    With `ids` RECORD_ID, and where an event has several records RECORD_INDEX and RECORD_COUNT. `outputs` has, by the
    field under spec.columns, what a person wrote to name an output: its position in the output, the name of a value,
    or a JMESPath; the text is the column's name. `columns` are the only others that are handed on, None for all.
    """

    ids: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)
    columns: frozenset[str] | None = None

    @property
    def wanted(self) -> frozenset[str] | None:
        """The names of the columns that are handed on beside RECORD_ID, None for all."""
        return None if self.columns is None else self.columns | frozenset(self.outputs.values())


EVERYTHING: Final = Selection()
"""All values, no ids."""

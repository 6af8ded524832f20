"""What has been explained so far, so that a run that starts again asks the model for the rest only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.errors import InputError

Doubles = NDArray[np.float64]

_IDENTITY = b"identity"


@dataclass
class Progress:
    """Blocks by the number of their first row, each (outputs, rows, features); `identity` is what they are of."""

    identity: str
    blocks: dict[int, Doubles] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As an Arrow file."""
        starts = sorted(self.blocks)
        columns = {
            "start": pa.array(starts, pa.int64()),
            "shape": pa.array([list(self.blocks[start].shape) for start in starts], pa.list_(pa.int64())),
            "values": pa.array([self.blocks[start].ravel() for start in starts], pa.list_(pa.float64())),
        }
        table = pa.table(columns).replace_schema_metadata({_IDENTITY: self.identity.encode()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue())

    @classmethod
    def from_bytes(cls, content: bytes, uri: str) -> Progress:
        """What `to_bytes` wrote. Raises InputError where it is something else."""
        try:
            table = pa.ipc.open_file(content).read_all()
            made = cls(table.schema.metadata[_IDENTITY].decode())
            for row in table.to_pylist():
                made.blocks[row["start"]] = np.array(row["values"], dtype=np.float64).reshape(row["shape"])
        except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{uri}: is no progress of an explanation", remedy="remove the file") from error
        return made


def fingerprint(
    rows: pa.RecordBatch, background: pa.RecordBatch, weights: Doubles, settings: str, expected: Doubles
) -> str:
    """The identity of an explanation: its rows, background, settings, and what the model answers to the background."""
    digest = hashlib.sha256(settings.encode())
    for batch in (rows, background):
        sink = pa.BufferOutputStream()
        # A slice is written as what it shows, not with the buffers that it shares.
        plain = pa.Table.from_batches([batch]).take(pa.array(np.arange(batch.num_rows)))
        with pa.ipc.new_stream(sink, plain.schema.remove_metadata()) as writer:
            writer.write_table(plain.replace_schema_metadata(None))
        digest.update(sink.getvalue())
    for values in (weights, expected):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()

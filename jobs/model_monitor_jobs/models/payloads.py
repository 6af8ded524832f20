"""Requests and answers in the forms that model servers have: CSV, JSON, JSON Lines, KServe's protocols 1 and 2."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.models.predictor import AnswerError
from model_monitor_jobs.models.templates import Templates
from model_monitor_jobs.sources.selectors import Path

Doubles = NDArray[np.float64]

CSV: Final = "text/csv"
JSON: Final = "application/json"
JSON_LINES: Final = "application/jsonlines"


class Payload(Protocol):
    """One form of requests."""

    @property
    def content_type(self) -> str:
        """Of the request."""

    @property
    def most_records(self) -> int | None:
        """How many records a request can have at most, None for any number."""

    def encode(self, rows: pa.RecordBatch) -> bytes:
        """The body of a request."""


class Answer(Protocol):
    """One form of answers."""

    @property
    def accept(self) -> str:
        """The content type to ask for."""

    def decode(self, body: bytes) -> Doubles:
        """Values (records, outputs). Raises AnswerError for anything else."""


@dataclass(frozen=True)
class CsvPayload:
    """A line a record, without a header; what is missing is empty."""

    content_type: str = CSV
    most_records: int | None = None

    def encode(self, rows: pa.RecordBatch) -> bytes:
        """See `Payload`."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(_records(rows))
        return text.getvalue().encode()


@dataclass(frozen=True)
class JsonPayload:
    """One JSON document, by templates."""

    templates: Templates = field(default_factory=Templates)
    content_type: str = JSON

    @property
    def most_records(self) -> int | None:
        """See `Payload`."""
        return 1 if self.templates.is_single else None

    def encode(self, rows: pa.RecordBatch) -> bytes:
        """See `Payload`."""
        return self.templates.fill(_filled(self.templates, rows)).encode()


@dataclass(frozen=True)
class JsonLinesPayload:
    """A JSON document a record and line."""

    templates: Templates = field(default_factory=lambda: Templates(content="$record"))
    content_type: str = JSON_LINES
    most_records: int | None = None

    def encode(self, rows: pa.RecordBatch) -> bytes:
        """See `Payload`."""
        records = _filled(self.templates, rows)
        return "".join(f"{self.templates.fill([record])}\n" for record in records).encode()


@dataclass(frozen=True)
class KServeV1Payload:
    """`{"instances": [...]}`, each a list of values, or an object of them where `named`."""

    named: bool = False
    content_type: str = JSON
    most_records: int | None = None

    def encode(self, rows: pa.RecordBatch) -> bytes:
        """See `Payload`."""
        return orjson.dumps({"instances": rows.to_pylist() if self.named else _records(rows)}, default=str)


@dataclass(frozen=True)
class KServeV2Payload:
    """The Open Inference Protocol: all features in one tensor of the shape (records, features), or, where `named`, a
    tensor of the shape (records, 1) each.

    Raises ConfigurationError for one tensor of features that are not all numbers.
    """

    named: bool = False
    tensor: str = "input-0"
    content_type: str = JSON
    most_records: int | None = None

    def encode(self, rows: pa.RecordBatch) -> bytes:
        """See `Payload`."""
        if self.named:
            pairs = zip(rows.schema.names, rows.columns, strict=True)
            inputs = [_tensor(name, [rows.num_rows, 1], column.type, column.to_pylist()) for name, column in pairs]
        else:
            values = [value for record in _records(rows) for value in record]
            inputs = [_tensor(self.tensor, [rows.num_rows, rows.num_columns], _common(rows), values)]
        return orjson.dumps({"inputs": inputs}, default=str)


@dataclass(frozen=True)
class CsvAnswer:
    """A line a record; `column` is the place of the output, None takes all."""

    column: int | None = None
    accept: str = CSV

    def decode(self, body: bytes) -> Doubles:
        """See `Answer`."""
        try:
            lines = [line for line in csv.reader(io.StringIO(_text(body))) if line]
        except csv.Error as error:
            raise AnswerError(f"it is no CSV: {error}") from error
        if self.column is None:
            return _doubles(lines)
        if any(len(line) <= self.column for line in lines):
            raise AnswerError(f"a line has no column {self.column}")
        return _doubles([line[self.column] for line in lines])


@dataclass(frozen=True)
class JsonAnswer:
    """A JSON document in which a JMESPath such as `predictions[*].score` finds the outputs of all records.

    Without a path the document is the list, or an object with one list in it.
    """

    path: str | None = None
    accept: str = JSON

    def decode(self, body: bytes) -> Doubles:
        """See `Answer`."""
        document = _parsed(body)
        if self.path is not None:
            found = Path("model.output", self.path).search(document)
            if found is None:
                raise AnswerError(f"{self.path} finds nothing in it")
            return _doubles(found)
        lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
        return _doubles(lists[0] if len(lists) == 1 else document)


@dataclass(frozen=True)
class JsonLinesAnswer:
    """A JSON document a line and record; a JMESPath such as `score` finds the output in each."""

    path: str | None = None
    accept: str = JSON_LINES

    def decode(self, body: bytes) -> Doubles:
        """See `Answer`."""
        documents = [_parsed(line) for line in body.splitlines() if line.strip()]
        if self.path is None:
            return _doubles(documents)
        path = Path("model.output", self.path)
        return _doubles([path.search(document) for document in documents])


@dataclass(frozen=True)
class KServeV2Answer:
    """One tensor of the outputs; `tensor` is its name, None where there is one only."""

    tensor: str | None = None
    accept: str = JSON

    def decode(self, body: bytes) -> Doubles:
        """See `Answer`."""
        document = _parsed(body)
        outputs = document.get("outputs") if isinstance(document, dict) else None
        listed_outputs = outputs if isinstance(outputs, list) else []
        named = {str(each.get("name")): each for each in listed_outputs if isinstance(each, dict)}
        if len(named) != 1 if self.tensor is None else self.tensor not in named:
            listed = ", ".join(map(str, named)) or "none"
            raise AnswerError(f"outputs: {self.tensor or 'one tensor'} was expected, there are: {listed}")
        found = named[self.tensor] if self.tensor is not None else next(iter(named.values()))
        values, shape = _doubles(found.get("data")).ravel(), found.get("shape")
        whole = isinstance(shape, list) and all(isinstance(each, int) and each > 0 for each in shape)
        if not whole or not shape or int(np.prod(shape)) != values.size:
            raise AnswerError(f"outputs.{found.get('name')}: {values.size} values do not have the shape {shape}")
        return values.reshape(shape[0], -1)


def _records(rows: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def _filled(templates: Templates, rows: pa.RecordBatch) -> list[str]:
    return [templates.fill_record(rows.schema.names, record) for record in _records(rows)]


def _common(rows: pa.RecordBatch) -> pa.DataType:
    kinds = {column.type for column in rows.columns}
    if len(kinds) == 1:
        return next(iter(kinds))
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return pa.float64()
    raise ConfigurationError(
        "model.protocol: features of several types do not fit into one tensor", remedy="send a tensor for each feature"
    )


def _tensor(name: str, shape: list[int], kind: pa.DataType, data: Sequence[Any]) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": _datatype(kind), "data": data}


def _datatype(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "BOOL"
    if pa.types.is_floating(kind):
        return f"FP{kind.bit_width}"
    if pa.types.is_integer(kind):
        return f"{'INT' if pa.types.is_signed_integer(kind) else 'UINT'}{kind.bit_width}"
    return "BYTES"


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise AnswerError(f"it is no UTF-8 (byte {error.start})") from error


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise AnswerError(f"it is no JSON: {error}") from error


def _doubles(values: Any) -> Doubles:
    """Raises AnswerError where they are not numbers, or not as many for each record."""
    try:
        return np.array([] if values is None else values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AnswerError(f"there are other values than numbers in it: {error}") from error

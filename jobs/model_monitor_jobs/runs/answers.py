"""Which columns of a table hold the model's answers, and reading them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from model_monitor_crds.data import Columns
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import Answers, Decoded, decode, decode_answers
from model_monitor_jobs.sources.selectors import absent_output


@dataclass(frozen=True)
class AnswerColumns:
    """The columns with predictions and probabilities; `probabilities` has for each label the column of its own."""

    prediction: str | None = None
    probability: str | None = None
    probabilities: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Columns, problem: Problem) -> AnswerColumns:
        """The columns that a spec names. Raises ConfigurationError where they don't fit the problem."""
        found = cls(
            columns.prediction,
            columns.probability if problem.type == "BinaryClassification" else None,
            columns.probabilities if problem.type == "MulticlassClassification" else {},
        )
        if not found.names:
            wanted = {
                "BinaryClassification": "prediction or probability",
                "MulticlassClassification": "prediction or probabilities",
                "Regression": "prediction",
            }
            raise ConfigurationError(
                f"spec.columns: {problem.type} needs {wanted[problem.type]}", remedy="name the column of the answer"
            )
        return found

    @property
    def scored(self) -> bool:
        """Whether answers have probabilities."""
        return self.probability is not None or bool(self.probabilities)

    @property
    def selectors(self) -> dict[str, str]:
        """The columns by the field of spec.columns that names them."""
        single = {"prediction": self.prediction, "probability": self.probability}
        named = {field: column for field, column in single.items() if column is not None}
        return named | {f"probabilities.{label}": column for label, column in self.probabilities.items()}

    @property
    def names(self) -> list[str]:
        """The columns."""
        return list(dict.fromkeys(self.selectors.values()))

    def check(self, known: Collection[str], uri: str) -> None:
        """Raise InputError or ConfigurationError where no record has a column that is named."""
        for field_name, column in self.selectors.items():
            if column not in known:
                raise absent_output(f"spec.columns.{field_name}", column, known, uri)

    def decode(self, problem: Problem, batch: pa.RecordBatch, label: pa.Array, hashes: Hashes) -> Decoded:
        """The rows that have a label and an answer; see `decode`."""
        return decode(problem, label, *self.arrays(batch), hashes)

    def answers(self, problem: Problem, batch: pa.RecordBatch) -> Answers:
        """The answers of rows, whether they have labels or not; see `decode_answers`."""
        return decode_answers(problem, *self.arrays(batch))

    def arrays(self, batch: pa.RecordBatch) -> tuple[pa.Array | None, pa.Array | None, Mapping[str, pa.Array] | None]:
        """Predictions, probabilities, and the probabilities of each label; None where no column is named."""
        return (
            column_of(batch, self.prediction) if self.prediction is not None else None,
            column_of(batch, self.probability) if self.probability is not None else None,
            {label: column_of(batch, column) for label, column in self.probabilities.items()} or None,
        )


def column_of(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column; nulls where the batch has none."""
    index = batch.schema.get_field_index(name)
    return batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())


def check_threshold(field: str, threshold: float | None, known: float) -> None:
    """Raise ConfigurationError where a monitor's threshold of probabilities is not the one of its baseline."""
    if threshold not in (None, known):
        raise ConfigurationError(
            f"{field}: is {threshold:g}, the baseline was measured at {known:g}",
            remedy=f"leave it out, or set {field} of the Baseline",
        )

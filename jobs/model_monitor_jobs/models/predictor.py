"""What a model is to those who ask it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.errors import InputError, StorageUnavailable

Doubles = NDArray[np.float64]


class ModelUnavailable(StorageUnavailable):
    """The model does not answer, or nothing that can be used; trying again may help."""


class AnswerError(InputError):
    """One answer of a model can't be used: it is no answer to these rows."""


class Predictor(Protocol):
    """A model, wherever it runs."""

    def predict(self, rows: pa.RecordBatch) -> Doubles:
        """Answers (rows, outputs) to rows with the model's features, in their order; all are finite.

        Raises ModelUnavailable where it gives none, also after all attempts, and ConfigurationError where it says that
        it is asked in the wrong way. Either names the request.
        """

    def close(self) -> None:
        """Let go of connections and threads."""


def checked(answers: Doubles, rows: int) -> Doubles:
    """Answers (rows, outputs) that are complete; one output a row may come as (rows,).

    Raises AnswerError for the wrong number of records, and for values that are not finite.
    """
    if answers.ndim == 1:
        answers = answers[:, np.newaxis]
    if answers.ndim != 2 or len(answers) != rows or not answers.shape[1]:
        shape = " x ".join(map(str, answers.shape))
        raise AnswerError(f"{rows} records were asked for, the answer has {shape} values")
    wrong = np.argwhere(~np.isfinite(answers))
    if len(wrong):
        row, output = map(int, wrong[0])
        raise AnswerError(
            f"{answers[row, output]} is the answer to record {row} ({len(wrong)} of {answers.size} values)"
        )
    return answers

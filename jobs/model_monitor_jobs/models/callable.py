"""A model that is a function in the user's image."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.models.predictor import AnswerError, checked

Doubles = NDArray[np.float64]


class CallableModel:
    """See `Predictor`. The function takes a pyarrow.RecordBatch and returns (rows,) or (rows, outputs) numbers.

    It is asked once: what it raises, it would raise again.
    """

    def __init__(self, function: Callable[[pa.RecordBatch], Any], name: str, records: int = 65_536) -> None:
        self._function = function
        self._name = name
        self._records = records

    @classmethod
    def load(cls, reference: str) -> CallableModel:
        """The function that `module:function` names; `function` may be a path such as `model.predict`.

        Raises ConfigurationError where there is none.
        """
        found = load_object("model.callable", reference)
        if not callable(found):
            raise ConfigurationError(
                f"model.callable: {reference!r} is a {type(found).__name__}, which can't be called"
            )
        return cls(found, reference)

    def predict(self, rows: pa.RecordBatch) -> Doubles:
        """See `Predictor`. Raises InputError with the function's name where it raises or gives no usable answer."""
        parts = [
            self._asked(rows.slice(start, self._records), start) for start in range(0, rows.num_rows, self._records)
        ]
        return np.concatenate(parts)

    def close(self) -> None:
        """See `Predictor`."""

    def _asked(self, rows: pa.RecordBatch, start: int) -> Doubles:
        name = f"{self._name} (records {start} to {start + rows.num_rows - 1})"
        try:
            answers = np.asarray(self._function(rows), dtype=np.float64)
        except Exception as error:
            raise InputError(f"{name} raised {type(error).__name__}: {error}") from error
        try:
            return checked(answers, rows.num_rows)
        except AnswerError as error:
            raise InputError(f"{name}: {error.message}") from error


def load_object(setting: str, reference: str) -> Any:
    """What `module:name` names; `name` may be a path such as `model.predict`.

    Raises ConfigurationError with the setting's name where there is none.
    """
    module, colon, path = reference.partition(":")
    if not module or not colon or not path:
        raise ConfigurationError(f"{setting}: {reference!r} is not of the form module:name")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"{setting}: {reference!r}: {error}", remedy="is it in the image, and on PYTHONPATH?"
        ) from error
    return found

"""What the columns of a dataset with labels and answers are for."""

from __future__ import annotations

from typing import Literal

ColumnRole = Literal["feature", "prediction", "probability", "probabilities", "groundTruth", "timestamp", "excluded"]

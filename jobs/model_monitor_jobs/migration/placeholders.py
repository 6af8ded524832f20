"""What a person has to fill in: texts that our API refuses until that is done."""

from __future__ import annotations

import re
from typing import Any, Final

CAPTURE: Final = "<DestinationS3Uri of the endpoint's data capture>"
CONSTRAINTS: Final = "<the baseline's constraints file>"
STATISTICS: Final = "<the baseline's statistics.json>"
BATCH: Final = "<folder of the batch data>"
LABELS: Final = "<folder of the ground truth>"
MODEL: Final = "<http address of the model>"
OUTPUT: Final = "<folder for results>"


def filled(part: Any) -> Any:
    """The same with something possible in each place, to judge the rest by."""
    if isinstance(part, dict):
        return {key: filled(value) for key, value in part.items()}
    if isinstance(part, list):
        return [filled(value) for value in part]
    if isinstance(part, str) and part.startswith("<"):
        return "http://model" if part == MODEL else re.sub("^<[^>]*>", "s3://bucket", part)
    return part

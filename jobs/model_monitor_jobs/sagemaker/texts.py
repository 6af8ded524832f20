"""Numbers as SageMaker's container writes them in its texts: in Java's form."""

from __future__ import annotations

import math
from typing import Final

_SMALLEST_PLAIN: Final = 1e-3
_LARGEST_PLAIN: Final = 1e7


def number(value: float) -> str:
    """A double as Java's `Double.toString` writes it: `0.25`, `1.0E-4`, `NaN`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        return repr(float(value))
    digits, exponent = f"{value:.17e}".split("e")
    for precision in range(17):
        shorter = f"{value:.{precision}e}"
        if float(shorter) == value:
            digits, exponent = shorter.split("e")
            break
    return f"{digits if '.' in digits else f'{digits}.0'}E{int(exponent)}"


def percentage(share: float) -> str:
    """A share in percent: 0.997 as `99.7%`."""
    return f"{number(share * 100)}%"

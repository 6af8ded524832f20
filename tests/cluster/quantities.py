"""Kubernetes quantities (`64Mi`, `500m`) as numbers."""

from __future__ import annotations

import math
import re
from decimal import Decimal

_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
}  # fmt: skip


def parse_quantity(text: str) -> Decimal:
    """The value of a quantity in its base unit (bytes, cores).

    Raises:
        ValueError: it is none.
    """
    match = re.fullmatch(r"([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|([a-zA-Z]*))", text)
    if match is None or (match[3] or "") not in _SUFFIXES:
        raise ValueError(f"{text!r} is no Kubernetes quantity such as 64Mi or 500m")
    return Decimal(match[1] + (match[2] or "")) * _SUFFIXES[match[3] or ""]


def divided(text: str, divisor: str) -> str:
    """A quantity in units of a divisor, rounded up, as `resourceFieldRef` gives it ("0" stands for 1)."""
    unit = parse_quantity(divisor) or Decimal(1)
    return str(math.ceil(parse_quantity(text) / unit))
